"""Promises in seconds, measured on a machine that has other work, too.

What a machine does besides can only add to a time. So a test that fails by `Late` is tried up to
three times (`pyproject.toml` says so to pytest): a server that is slow by itself is late each time.
Any other failure counts at once.
"""

from __future__ import annotations


class Late(AssertionError):
    """Something came to be after the time that is promised."""


def in_time(took: float, limit: float) -> None:
    """Raise `Late` where something took as many seconds as `limit`, or more."""
    if took >= limit:
        message = f"It took {took:.3f} s; less than {limit} s are promised."
        raise Late(message)
