"""What can be taken away: complete, as the documents say, and safe wherever it is opened."""

from __future__ import annotations

import io
import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.support import pictures
from tests.support.server import Browser, Server
from tests.web.test_imports import path, settled, upload

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "export.md"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"

NASTY = '</style><script>alert(1)</script> <img src="https://example.org/x"> ' + "\u202e"


@pytest.fixture
def own(server: Server) -> Iterator[Browser]:
    """The browser of somebody who has nothing yet, and may use GPT-4."""
    with Browser(server, link=server.link_of_a_newcomer()) as signed_in:
        signed_in.use("liaobots/gpt-4", "test-1234567890")
        yield signed_in


@pytest.fixture
def filled(own: Browser) -> Browser:
    """The same with two conversations of one name, imported from our own format."""
    one = {
        "id": "first",
        "title": "Up/down: a title",
        "head": "a",
        "folder": "Work",
        "system": "Be brief.",
        "parameters": {"temperature": 0.5},
        "messages": [
            {
                "id": "q",
                "parent": None,
                "role": "user",
                "text": f"Question {NASTY}",
                "attachments": [{"name": "notes.txt", "text": "a file </pre><b>"}],
                "images": [{"name": "<b>red.png", "image": "p"}],
            },
            {
                "id": "a",
                "parent": "q",
                "role": "assistant",
                "model": "liaobots/gpt-4",
                "text": f"# Answer\n\n```python\nprint(1)\n```\n\n$x^2$ {NASTY}",
                "state": "failed",
                "failure": {"code": "credit_used_up", "values": {}},
                "host": "one.example",
                "thoughts": f"First </p></details>\n\n# a thought {NASTY}",
                "thought_seconds": 12,
            },
        ],
    }
    picture = {"id": "p", "type": "image/png", "data": b64encode(pictures.png()).decode()}
    both = [one, {**one, "id": "second"}]
    file = {"format": "liaochat", "version": 4, "images": [picture], "conversations": both}
    settled(own, own.post(f"{path(settled(own, upload(own, file)))}/begin"))
    return own


def exported(browser: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get("/export.json").json()["conversations"]
    return found


def documented(heading: str) -> set[str]:
    """The fields of the table behind a sentence of the document."""
    _, _, rest = DOCUMENT.read_text("utf-8").partition(heading)
    table = re.search(r"\| --- \| --- \|\n((?:\|.*\n)+)", rest)
    assert table
    cells = [line.split("|")[1] for line in table[1].splitlines()]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_the_format_is_as_it_is_documented(filled: Browser) -> None:
    whole = filled.get("/export.json").json()
    (conversation, _) = whole["conversations"]

    assert set(whole) == documented("# The export format")
    assert set(conversation) == documented("A conversation:")
    assert set(conversation["messages"][0]) == documented("A message:")
    assert set(whole["images"][0]) == documented("An image:")
    assert f"`{whole['version']}`" in DOCUMENT.read_text("utf-8")
    assert re.fullmatch(TIME, conversation["created"])


def test_one_and_all_are_written_alike(filled: Browser) -> None:
    both = exported(filled)

    for one in both:
        alone = filled.get(f"/c/{one['id']}/export.json").json()
        assert alone["conversations"] == [one]


def test_all_is_complete_wherever_it_was_put(filled: Browser) -> None:
    first, second = (one["id"] for one in exported(filled))
    filled.post(f"/c/{first}/trash")
    filled.post(f"/c/{second}/archive")

    there = {one["id"]: one for one in exported(filled)}

    assert there[first]["trashed"]
    assert there[second]["archived"]
    assert there[first]["folder"] == "Work"
    assert there[first]["system"] == "Be brief."
    assert there[first]["messages"][1]["failure"] == {"code": "credit_used_up", "values": {}}
    assert there[first]["parameters"] == {"temperature": 0.5}
    assert there[first]["messages"][1]["host"] == "one.example"
    assert there[first]["messages"][1]["thought_seconds"] == 12
    assert there[first]["messages"][1]["thoughts"].startswith("First ")
    assert there[first]["messages"][0]["attachments"] == [
        {"name": "notes.txt", "text": "a file </pre><b>"}
    ]


def test_all_can_be_taken_again_as_soon_as_it_has_come(filled: Browser) -> None:
    address = f"{filled.server.url}/export.json"

    statuses = [filled.http.head(address, timeout=20).status_code for _ in range(3)]
    statuses += [filled.get("/export.json").status_code for _ in range(10)]

    assert statuses == [200] * 13


def test_an_answer_is_exported_as_far_as_it_is_written(own: Browser) -> None:
    page = own.open()
    page.send("#stall")
    page.wait_for_text("This is all that")

    def answer() -> dict[str, Any]:
        (conversation,) = exported(own)
        found: dict[str, Any] = conversation["messages"][1]
        return found

    while "This is all that" not in answer()["text"]:  # it is written down every 50 ms
        assert answer()["state"] == "running"
    page.stop()
    page.wait("ended", state="stopped")


def test_a_page_is_one_file_that_can_do_nothing(filled: Browser) -> None:
    one = exported(filled)[0]

    answer = filled.get(f"/c/{one['id']}/export.html")

    page = answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "<script" not in page
    assert page.count("<img") == 1  # in the page itself, and not from anywhere
    assert re.search(r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" alt="">', page)
    assert '<figcaption dir="auto">&lt;b&gt;red.png</figcaption>' in page
    assert "<link" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert page.count("</style>") == 1
    assert "<math" in page
    assert "tok-" in page
    assert "No credit is left on this auth code." in page
    assert "<summary>Thought for 12 seconds</summary>" in page
    assert "First &lt;/p&gt;&lt;/details&gt;" in page


def test_images_are_named_in_markdown(filled: Browser) -> None:
    one = exported(filled)[0]

    text = filled.get(f"/c/{one['id']}/export.md").content.decode()

    assert "\n\n[image: <b>red.png]\n\n## gpt-4" in text


def test_thoughts_are_quoted_in_markdown_before_the_answer(filled: Browser) -> None:
    one = exported(filled)[0]

    text = filled.get(f"/c/{one['id']}/export.md").content.decode()

    _, _, answer = text.partition("## gpt-4\n\n")
    assert answer.startswith("> **Thoughts**\n>\n> First </p></details>\n>\n> # a thought ")
    assert "\n\n# Answer" in answer


def test_nothing_secret_is_in_any_export(filled: Browser) -> None:
    one = exported(filled)[0]
    texts = [filled.get(f"/c/{one['id']}/export.{kind}").text for kind in ("md", "html", "json")]
    name = re.search(r'sidebar__name"[^>]*>([^<]+)<', filled.get("/").text)

    assert name
    for text in [*texts, filled.get("/export.json").text]:
        for secret in ("test-1234567890", "7890", name[1], filled.server.url, filled.cookie()):
            assert secret not in text


@pytest.mark.parametrize("kind", ["md", "html"])
def test_an_archive_has_a_file_of_a_safe_name_for_each(filled: Browser, kind: str) -> None:
    answer = filled.get(f"/export.{kind}.zip")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        texts = [archive.read(name).decode() for name in names]
        assert archive.testzip() is None
    assert names == [f"Up down a title.{kind}", f"Up down a title (2).{kind}"]
    assert all("Question" in text for text in texts)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd.md"),
        ("con", "_con.md"),
        ("...", "conversation.md"),
        ("हिन्दी में", "हिन्दी में.md"),
        ("a\u202egpj.exe", "agpj.exe.md"),
        ("x" * 300, "x" * 60 + ".md"),
    ],
)
def test_a_title_becomes_a_name_that_any_disk_takes(own: Browser, title: str, name: str) -> None:
    page = own.open()
    page.send("#echo name me")
    page.wait("ended", state="complete")
    own.post(f"/c/{page.conversation}/rename", title=title)

    answer = own.get(f"/c/{page.conversation}/export.md")

    assert _file_name(answer.headers["Content-Disposition"]) == name


def test_what_is_not_mine_cannot_be_taken_away(filled: Browser) -> None:
    one = exported(filled)[0]
    with Browser(filled.server, link=filled.server.link_of_a_newcomer()) as eve:
        for kind in ("md", "html", "json"):
            assert eve.get(f"/c/{one['id']}/export.{kind}").status_code == 404
        assert exported(eve) == []


def test_every_conversation_stands_on_a_line_of_its_own(filled: Browser) -> None:
    lines = filled.get("/export.json").text.splitlines()

    begun = next(at for at, line in enumerate(lines) if '"conversations": [' in line)
    assert [json.loads(line.rstrip(","))["title"] for line in lines[begun + 1 : -1]] == [
        "Up/down: a title",
        "Up/down: a title",
    ]


def _file_name(disposition: str) -> str:
    encoded = re.search(r"filename\*=UTF-8''([^;]+)", disposition)
    if encoded:
        return unquote(encoded[1])
    plain = re.search(r'filename="?([^";]+)"?', disposition)
    assert plain, disposition
    return plain[1]
