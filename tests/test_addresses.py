"""Liaochat may stand under a path: nothing writes an address that leads beside it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_docs import ROOT

_NAMES = ("href", "action", "formaction", "src", "data-address")
_ATTRIBUTE = re.compile(rf'(?<![\w-])({"|".join(_NAMES)})="([^"]*)')
_AT_ROOT = re.compile(r'[\w-]+="/[^"]*')
_RIGHT = re.compile(r"\{\{ (base\(\) \}\}|asset\()|#|data:")


def _files(folder: str, pattern: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob(pattern))
    assert found
    return found


def test_templates_begin_each_address_with_the_base() -> None:
    wrong = [
        f"{file.name}: {found[0]}"
        for file in _files("templates", "*.html")
        for found in _ATTRIBUTE.finditer(file.read_text("utf-8"))
        if not _RIGHT.match(found[2])
    ]

    assert wrong == [], "write {{ base() }} before the address"


def test_templates_write_no_address_into_attributes_that_scripts_do_not_know() -> None:
    wrong = [
        f"{file.name}: {found}"
        for file in _files("templates", "*.html")
        for found in _AT_ROOT.findall(file.read_text("utf-8"))
    ]
    placed = re.search(r"ADDRESSES = \[(.*)\]", (ROOT / "static/js/markup.js").read_text("utf-8"))

    assert wrong == []
    assert placed
    # The src of scripts is in no part.
    assert {*re.findall(r'"([\w-]+)"', placed[1]), "src"} == set(_NAMES)


def test_scripts_ask_for_no_address_but_by_at() -> None:
    literal = re.compile(
        r"""(?<!at\()(?<!includes\()["'`]/[a-z$][^"'`]*|^(?!.*\bat\().*(?<!meta)\.url\b"""
    )
    wrong = [
        f"{file.name}:{number}: {line.strip()}"
        for file in _files("static/js", "*.js")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if literal.search(line) and not line.lstrip().startswith(("*", "/"))
    ]

    assert wrong == [], "write at(…) of markup.js round the address"


def test_only_go_to_sends_browsers_on() -> None:
    wrong = [
        file.name
        for file in _files("webapp/web", "*.py")
        if re.search(r"\bredirect\(|\burl_for\(|\"Location\"\]", file.read_text("utf-8"))
    ]

    assert wrong == ["parts.py"]


def test_only_own_address_stands_before_a_path() -> None:
    """What is copied and opened elsewhere has our path in it, as our origin has not."""
    wrong = [
        file.name
        for file in _files("webapp/web", "*.py")
        if re.search(r"\{(own_)?origin\}/|own_origin\([^)]*\)\}?/", file.read_text("utf-8"))
    ]

    assert wrong == []
