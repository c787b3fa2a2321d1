"""A real database file, a user, and a clock that obeys."""

from __future__ import annotations

from tests.store.conftest import database, other, owner

__all__ = ["database", "other", "owner"]
