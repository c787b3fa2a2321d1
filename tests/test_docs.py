"""What the documents promise is there, and what is there is documented."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path
from typing import get_args

import pytest

from webapp.config import CODE_VARIABLE, CONFIG_VARIABLE, PREFIX, Settings
from webapp.providers.models_file import MODEL_KEYS, PROVIDER_KEYS, read_models_file
from webapp.web import connection, frames

ROOT = Path(__file__).parent.parent
BESIDE = [CONFIG_VARIABLE, CODE_VARIABLE]
SETTINGS = [PREFIX + field.name.upper() for field in dataclasses.fields(Settings)]


def _document(name: str) -> str:
    file = ROOT / name
    assert file.is_file(), f"{name} is missing"
    return file.read_text("utf-8")


@pytest.mark.parametrize("variable", [*SETTINGS, *BESIDE])
def test_every_setting_is_in_the_guide_for_hosts(variable: str) -> None:
    text = _document("docs/self-hosting.md")

    assert re.search(rf"{variable}\b", text), f"docs/self-hosting.md does not name {variable}"


def test_the_guide_for_hosts_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"LIAOCHAT_[A-Z][A-Z_]*[A-Z]", _document("docs/self-hosting.md")))

    assert named <= {*SETTINGS, *BESIDE}


def test_the_guides_examples_of_models_files_are_ones_and_it_names_every_key(
    tmp_path: Path,
) -> None:
    guide = _document("docs/self-hosting.md")
    blocks = re.findall(r"^```toml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)

    read = []
    for block in blocks:
        (tmp_path / "models.toml").write_text(block, "utf-8")
        read.append(read_models_file(tmp_path / "models.toml"))

    assert {one.id for file in read for one in file.providers} == {"ollama", "openrouter"}
    assert all(file.models for file in read)
    for key in (*PROVIDER_KEYS, *MODEL_KEYS):
        assert re.search(rf"^{key} = |`{key}`", guide, re.MULTILINE), f"the guide lacks {key}"


def test_every_frame_of_a_page_is_in_the_protocol() -> None:
    protocol = _document("docs/protocol.md")
    read = set(re.findall(r'case "(\w+)":', Path(frames.__file__).read_text("utf-8")))

    commands = {kind.__name__.lower() for kind in get_args(frames.Command)}

    assert commands == read
    for name in read:
        assert f"| `{name}` |" in protocol


def _frames_sent() -> set[str]:
    """The first argument of every call of `encode` in the web layer."""
    return {
        call.args[0].value
        for file in (ROOT / "webapp").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "encode"
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_frame_of_the_server_is_in_the_protocol_and_the_other_way_round() -> None:
    _, _, from_server = _document("docs/protocol.md").partition("### From the server")
    documented = set(re.findall(r"^\| `(\w+)` \|", from_server.partition("###")[0], re.MULTILINE))

    assert {"patch", "snapshot", "ended"} <= _frames_sent()
    assert _frames_sent() == documented


def test_every_closing_code_is_in_the_protocol() -> None:
    protocol = _document("docs/protocol.md")

    for code in (
        connection.RESTARTING,
        connection.FLOODED,
        connection.SIGNED_OUT,
        connection.GONE,
        connection.TOO_MANY,
    ):
        assert re.search(rf"\b{code}\b", protocol)


@pytest.mark.parametrize("name", ["README.md", "docs/development.md", "docs/self-hosting.md"])
def test_every_make_target_that_is_named_exists(name: str) -> None:
    makefile = _document("Makefile")

    named = set(re.findall(r"`make ([a-z]+)", _document(name)))
    named |= set(re.findall(r"^\s*(?:\$ )?make ([a-z]+)", _document(name), re.MULTILINE))

    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named), named


@pytest.mark.parametrize(
    "name",
    [file.relative_to(ROOT).as_posix() for file in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]],
)
def test_every_link_to_a_file_of_ours_leads_somewhere(name: str) -> None:
    file = ROOT / name

    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", file.read_text("utf-8")):
        assert (file.parent / target).exists(), f"{name} links to {target}"
