"""Unguessable names."""

from __future__ import annotations

import hashlib
import secrets


def new_id() -> str:
    """Make an id of 128 random bits, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_token() -> str:
    """Make a secret of 256 random bits for a cookie or a link, safe in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Hash a token for keeping. It has 256 random bits, so one fast round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
