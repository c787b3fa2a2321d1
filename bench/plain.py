"""Liaochat without its renderer: `python -m bench.plain serve`.

What streaming costs shows when nothing is drawn: an answer is one block of text, as what
follows the Markdown of a very long one is. For measuring only; the product knows nothing of it.
"""

from __future__ import annotations

import sys

from webapp.cli import main
from webapp.web import publisher
from webapp.web.growing import GrowingAnswer


class PlainAnswer(GrowingAnswer):
    """Takes its Markdown for full from the beginning."""

    def __init__(self, *, id_prefix: str) -> None:
        super().__init__(id_prefix=id_prefix)
        self._full = True


if __name__ == "__main__":
    publisher.GrowingAnswer = PlainAnswer  # type: ignore[misc]
    sys.exit(main())
