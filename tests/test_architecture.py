"""Rules of the house that a reader can rely on without looking."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 300
_LONGER = {
    "webapp/config.py",
    "webapp/errors.py",
    "webapp/render/stream.py",
    "webapp/store/tables.py",
}
"""Modules that are one list, or tell one story which would not get clearer in two halves."""

_A_FILE_OF_ITS_OWN = {"templates/export_page.html"}
"""Templates that are given away, and must bring their style with them."""

MODULES = sorted((ROOT / "webapp").rglob("*.py"))
PAGE = sorted(
    file
    for folder in ("templates", "static")
    for file in (ROOT / folder).rglob("*")
    if file.suffix in {".html", ".js", ".css", ".svg"}
)
SCRIPTS = [file for file in PAGE if file.suffix == ".js"]
_SINKS = re.compile(
    r"\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|setHTMLUnsafe|parseFromString"
    r"|createContextualFragment|\beval\(|new Function\(|\.srcdoc\b"
)

_ROUND_AN_ANSWER = re.compile(
    r"(?:\.(?:app|main|transcript|transcript__column|message|prose|part|block)|\b(?:html|body))"
    r"(?![\w-])(?:\[[^\]]*\])*(?::not\()?:has\("
)


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_imports_point_down_only() -> None:
    command = Path(sys.executable).with_name("lint-imports")

    checked = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_a_module_is_short_enough_to_be_read_at_once(file: Path) -> None:
    lines = len(file.read_text("utf-8").splitlines())

    assert lines <= LONGEST or _name(file) in _LONGER, f"{lines} lines"


@pytest.mark.parametrize("file", PAGE, ids=_name)
def test_nothing_of_the_page_comes_from_elsewhere(file: Path) -> None:
    text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")

    assert not re.search(r"""["'(=\s](?:https?:)?//[a-z0-9.-]+\.[a-z]""", text, re.IGNORECASE)


@pytest.mark.parametrize("file", SCRIPTS, ids=_name)
def test_one_script_alone_turns_text_into_markup(file: Path) -> None:
    found = _SINKS.findall(file.read_text("utf-8"))

    assert bool(found) == (file.name == "markup.js"), found


@pytest.mark.parametrize("file", [file for file in PAGE if file.suffix == ".html"], ids=_name)
def test_a_template_has_no_script_or_style_of_its_own(file: Path) -> None:
    text = file.read_text("utf-8")

    assert "<style" not in text or _name(file) in _A_FILE_OF_ITS_OWN
    assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize(
    "file", [file for file in MODULES if "web" not in file.relative_to(ROOT).parts[1:]], ids=_name
)
def test_requests_and_sessions_of_flask_are_seen_in_the_web_layer_alone(file: Path) -> None:
    text = file.read_text("utf-8")

    assert not re.search(r"from flask import .*\b(?:request|session|g|current_app)\b", text)


@pytest.mark.parametrize("rule", [".main:not(:has(.x)) .y", '.message[data-state="a"]:has(> .x)'])
def test_a_rule_that_would_be_asked_at_every_word_is_seen(rule: str) -> None:
    assert _ROUND_AN_ANSWER.search(rule)


def test_no_rule_is_asked_again_at_every_word_of_an_answer() -> None:
    """With `:has()` on what an answer stands in, each patch finds styles all over the page."""
    rules = [
        (_name(file), one.group())
        for file in sorted((ROOT / "static" / "css").rglob("*.css"))
        for one in _ROUND_AN_ANSWER.finditer(file.read_text("utf-8"))
    ]

    assert rules == []
