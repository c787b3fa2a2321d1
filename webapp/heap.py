"""What the C library keeps of the memory that it was given back: little, where it can be told.

Left alone, glibc has a heap for each thread and learns to keep large blocks, so that one answer
of a megabyte holds 21 MB for ever; told so, 6. The threads of one interpreter ask by turns, and
two heaps keep nobody waiting. Measured with the attacks of `tests/faults/test_attacks.py`.
"""

from __future__ import annotations

import ctypes

# From glibc's malloc.h.
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

_HEAPS = 2
_LARGE = 128 * 1024
"""Bytes from which on a block is the system's own, and goes back to it at once."""


def keep_little() -> None:
    """Tell the C library, before there are threads. Another one than glibc is left as it is."""
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None:
        tell(_ARENA_MAX, _HEAPS)
        tell(_MMAP_THRESHOLD, _LARGE)
