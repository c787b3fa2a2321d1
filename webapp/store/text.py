"""Text that every database can keep, and names that stay where they are put."""

from __future__ import annotations

import re
import unicodedata

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Embeddings, overrides and isolates turn round what stands beside the text that holds
# them; control characters and line separators do not belong into one line. The marks
# U+200E and U+200F stay: names that mix directions need them.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]")


def storable(text: str) -> str:
    """Replace NUL and halves of surrogate pairs by U+FFFD, one for one: offsets stay."""
    return _UNSTORABLE.sub("\ufffd", text)


def one_line(text: str, limit: int) -> str:
    """Make a name or a title of a text: one line that cannot turn round what is beside it.

    Longer ones are cut to `limit` characters with an ellipsis. What has nothing to be seen
    in it becomes empty.
    """
    words = " ".join(_CONTROL.sub(" ", _TURNING.sub("", storable(text))).split())
    if not any(unicodedata.category(character)[0] not in "CZ" for character in words):
        return ""
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def name_key(name: str) -> str:
    """Fold a user's name to what no two may share: compatibility forms and case are one."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)
