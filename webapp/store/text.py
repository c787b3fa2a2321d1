"""Text that every database can keep."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Replace NUL and halves of surrogate pairs by U+FFFD, one for one: offsets stay."""
    return _UNSTORABLE.sub("\ufffd", text)
