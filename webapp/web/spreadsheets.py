"""Rows that are saved as CSV (RFC 4180), for a spreadsheet to open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from flask import Response

from webapp.web.parts import to_be_saved

Row = Iterable[str | int]

_FORMULA = tuple("=+-@\t\r＝＋－＠")


def as_csv(rows: Iterable[Row], name: str) -> Response:
    """Send rows line by line, as a file of this name."""
    return to_be_saved(Response(_lines(rows), content_type="text/csv; charset=utf-8"), name)


def _lines(rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        written = io.StringIO()
        csv.writer(written).writerow([_cell(one) for one in row])
        yield written.getvalue().encode()


def _cell(content: str | int) -> str | int:
    """Keep a text like =HYPERLINK(…) from being computed where the file is opened."""
    formula = isinstance(content, str) and content.startswith(_FORMULA)
    return f"'{content}" if formula else content
