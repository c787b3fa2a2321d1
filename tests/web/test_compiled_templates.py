"""Templates compiled once for all starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from webapp.web.compiled_templates import CompiledTemplates


class _Counting(Environment):
    compiled = 0

    def compile(self, *arguments, **options):
        self.compiled += 1
        return super().compile(*arguments, **options)


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    (tmp_path / "page.html").write_text("Hello, {{ name }}.")
    return tmp_path


def _start(templates: Path, **options: bool) -> _Counting:
    environment = _Counting(loader=FileSystemLoader(templates), **options)
    environment.bytecode_cache = CompiledTemplates(templates, environment)
    return environment


def _draw(environment: Environment) -> str:
    return environment.get_template("page.html").render(name="you")


def test_a_later_start_finds_what_an_earlier_one_compiled(templates: Path) -> None:
    first, second = _start(templates), _start(templates)

    pages = [_draw(first), _draw(second)]

    assert pages == ["Hello, you."] * 2
    assert (first.compiled, second.compiled) == (1, 0)


def test_a_template_that_changed_is_compiled_anew(templates: Path) -> None:
    _draw(_start(templates))
    (templates / "page.html").write_text("Goodbye, {{ name }}.")

    page = _draw(_start(templates))

    assert page == "Goodbye, you."


def test_what_was_compiled_in_another_way_is_not_taken(templates: Path) -> None:
    (templates / "page.html").write_text("{% if name %}\n  {{ name }}{% endif %}")
    _draw(_start(templates))

    page = _draw(_start(templates, trim_blocks=True))

    assert page == "  you"


def test_an_overlay_compiles_nothing_again(templates: Path) -> None:
    environment = _start(templates)
    _draw(environment)

    page = _draw(environment.overlay())

    assert page == "Hello, you."
    assert environment.compiled == 1


def test_templates_work_where_nothing_can_be_written(templates: Path) -> None:
    (templates / "__pycache__").symlink_to(templates / "nowhere")

    pages = [_draw(_start(templates)) for _ in range(2)]

    assert pages == ["Hello, you."] * 2


def test_a_damaged_file_is_compiled_anew(templates: Path) -> None:
    _draw(_start(templates))
    (kept,) = (templates / "__pycache__").iterdir()
    kept.write_bytes(kept.read_bytes()[:-10])

    page = _draw(_start(templates))

    assert page == "Hello, you."


def test_python_is_obeyed_where_it_keeps_no_code(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", True)

    page = _draw(_start(templates))

    assert page == "Hello, you."
    assert not (templates / "__pycache__").exists()
