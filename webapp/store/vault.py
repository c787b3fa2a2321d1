"""Sealing: what lies in the database cannot be read without the key beside it."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from webapp.errors import ConfigurationError


class Vault:
    """Seal and open short secrets with the key of this installation (Fernet)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def at(cls, file: Path) -> Vault:
        """Open the vault whose key lies in `file`, making the key (mode 0600) at first.

        Raises `ConfigurationError` where the file cannot be read or is not a key.
        """
        try:
            _make_key(file)
            return cls(file.read_bytes().strip())
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                reason=f"{file} is not a readable key. Restore it from a backup, or delete it: "
                "auth codes that were entered must then be entered again."
            ) from error

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """Give the secret back, or None where it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


def _make_key(file: Path) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as new:
        new.write(Fernet.generate_key())
