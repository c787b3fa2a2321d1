"""Scripts and styles: one digest, one request for all styles, nothing outside the tree."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
import requests

from tests.support.server import Server
from webapp.web.assets import Assets, asset_dir


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "css" / "components").mkdir(parents=True)
    (tmp_path / "js").mkdir()
    (tmp_path / "css" / "app.css").write_text(
        '@layer reset, components;\n@import "reset.css" layer(reset);\n'
        "@import url('./components/a.css') layer(components);\n"
        '@import "plain.css";\nbody { x: y }\n'
    )
    (tmp_path / "css" / "reset.css").write_text("RESET\n")
    (tmp_path / "css" / "plain.css").write_text("PLAIN\n")
    (tmp_path / "css" / "components" / "a.css").write_text('@import "b.css";\nA\n')
    (tmp_path / "css" / "components" / "b.css").write_text("B\n")
    (tmp_path / "js" / "app.js").write_text("import './other.js'\n")
    (tmp_path / ".hidden").write_text("secret")
    return tmp_path


def test_imports_are_put_in_where_they_stand_in_their_layer(tree: Path) -> None:
    asset = Assets(tree).get("css/app.css")

    assert asset is not None
    assert asset.content.decode() == (
        "@layer reset, components;\n@layer reset {\nRESET\n}\n"
        "@layer components {\nB\nA\n}\nPLAIN\nbody { x: y }\n"
    )


def test_every_style_of_ours_is_served_exactly_once_in_one_file() -> None:
    root = asset_dir("static")

    asset = Assets(root).get("css/app.css")

    assert asset is not None
    served = asset.content.decode()
    assert "@import" not in served
    of_all_pages = (root / "css").rglob("*.css")
    for file in (one for one in of_all_pages if one.parent.name != "pages"):
        rules = re.sub(
            r"^@(import|layer)[^{]*?;\n?", "", file.read_text("utf-8"), flags=re.MULTILINE
        )
        assert served.count(rules.strip()) == 1 or not rules.strip(), file


@pytest.mark.parametrize("change", ["contents", "name", "new file"])
def test_the_digest_changes_with_what_is_served(tree: Path, change: str) -> None:
    before = Assets(tree).digest

    match change:
        case "contents":
            (tree / "js" / "app.js").write_text("changed")
        case "name":
            (tree / "js" / "app.js").rename(tree / "js" / "renamed.js")
        case "new file":
            (tree / "js" / "new.js").write_text("")

    assert Assets(tree).digest != before


def test_the_digest_stays_where_nothing_changed(tree: Path) -> None:
    assert Assets(tree).digest == Assets(tree).digest


@pytest.mark.parametrize(
    "name",
    ["../secret", "/etc/passwd", "js/../../x", "js", "", ".hidden", "js/app.js/", "js//app.js"],
)
def test_a_name_outside_the_tree_is_no_file(tree: Path, name: str) -> None:
    (tree.parent / "secret").write_text("secret")

    assert Assets(tree).get(name) is None


def test_a_text_has_its_type_its_charset_and_a_smaller_form(tree: Path) -> None:
    asset = Assets(tree).get("js/app.js")

    assert asset is not None
    assert asset.compressed is not None
    assert asset.media_type == "text/javascript; charset=utf-8"
    assert gzip.decompress(asset.compressed) == asset.content


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("*", "gzip"),
        ("", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("br", None),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(
    server: Server, accepted: str, encoding: str | None
) -> None:
    url = f"{server.url}/static/{Assets(asset_dir('static')).digest}/css/app.css"

    with requests.Session() as http:
        http.trust_env = False
        response = http.get(url, headers={"Accept-Encoding": accepted}, timeout=10)

    assert response.status_code == 200
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert "immutable" in response.headers["Cache-Control"]
    assert "@layer" in response.text


@pytest.mark.parametrize("name", ["%2e%2e/webapp/app.py", "..%2fpyproject.toml", "css/none.css"])
def test_what_is_not_served_is_not_found(server: Server, name: str) -> None:
    url = f"{server.url}/static/{Assets(asset_dir('static')).digest}/{name}"

    with requests.Session() as http:
        http.trust_env = False
        response = http.get(url, timeout=10)

    assert response.status_code == 404
    assert "immutable" not in response.headers.get("Cache-Control", "")
