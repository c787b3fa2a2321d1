"""docs/security.md leads from each threat to its test, and every test here stands in it."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_MAP = (_ROOT / "docs/security.md").read_text("utf-8")


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", _MAP)

    assert len(named) > 20
    assert [name for name in named if not (_ROOT / name).is_file()] == []


def test_every_test_of_security_is_named() -> None:
    here = {f"tests/security/{file.name}" for file in Path(__file__).parent.glob("test_*.py")}

    assert {name for name in here if f"`{name}`" not in _MAP} == {"tests/security/test_map.py"}


def test_every_threat_has_a_test() -> None:
    rows = [line for line in _MAP.splitlines() if line.startswith("| ")][2:]

    assert len(rows) > 15
    assert [row for row in rows if "`tests/" not in row.rpartition(" | ")[2]] == []
