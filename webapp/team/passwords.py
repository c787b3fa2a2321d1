"""Passwords: hashed with Argon2id, few at a time, and for unknown names just the same."""

from __future__ import annotations

import threading
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.errors import SignInsBusy

_AT_ONCE = 2
"""Hashes that are computed at the same time: a flood takes 64 MiB and no more."""

_WAITING = 30
"""Who may wait for their turn, each with a thread of the server; others are sent away."""

_PATIENCE = 20.0


def new_hasher() -> PasswordHasher:
    """Make the hasher of this version: 32 MiB and about 70 ms for each password."""
    return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


class Passwords:
    """Hashes and verifies. To be called while no transaction is open: it takes its time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or new_hasher()
        self._room = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
        self._lanes = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = _hash_of_nobody(self._hasher)

    def hash(self, password: str) -> str:
        """Hash a password for keeping. Raises `SignInsBusy`."""
        with self._turn():
            return self._hasher.hash(_normal(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password is right. Without a hash it is wrong after the same time.

        Raises `SignInsBusy`.
        """
        with self._turn():
            try:
                self._hasher.verify(password_hash or self._nobodys, _normal(password))
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether a hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise SignInsBusy
        try:
            if not self._lanes.acquire(timeout=_PATIENCE):
                raise SignInsBusy
            try:
                yield
            finally:
                self._lanes.release()
        finally:
            self._room.release()


def _normal(password: str) -> bytes:
    """Write a password as every keyboard means it: “é” is one key here and two there."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _hash_of_nobody(hasher: PasswordHasher) -> str:
    """Write a hash that no password has, and that takes as long to verify as any."""
    salt, key = (
        b64encode(bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${key}"
