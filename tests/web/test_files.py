"""Text files that are attached, sent, shown and saved, through the real server."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

import pytest
import requests

from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream

_ITEM = re.compile(r'name="files" value="([0-9a-f]{32})".*?files__name[^>]*>([^<]*)<', re.DOTALL)


def test_files_wait_beside_the_draft_and_go_along_as_fenced_text(
    browser: Browser, liaobots: Upstream
) -> None:
    files = _attach(browser, ("a.py", b"print(1)\n"), ("grün.txt", "Grün".encode("cp1252")))
    assert [name for _, name in files] == ["a.py", "grün.txt"]
    assert _waiting(browser.get("/").text) == files

    page = _send(browser, "#echo read these", files)

    assert liaobots.received[-1].last_message == (
        "#echo read these\n\na.py\n```py\nprint(1)\n```\n\ngrün.txt\n```txt\nGrün\n```"
    )
    assert _names(page.articles[0].html) == ["a.py", "grün.txt"]
    assert _waiting(browser.get("/").text) == []


def test_a_question_can_be_files_alone_which_are_its_title(
    browser: Browser, liaobots: Upstream
) -> None:
    files = _attach(browser, ("notes.md", b"#echo from a file"))

    page = _send(browser, "", files)

    assert liaobots.received[-1].last_message == "notes.md\n```md\n#echo from a file\n```"
    accepted = next(frame for frame in page.frames if frame["type"] == "accepted")
    assert accepted["conversation"]["title"] == "notes.md"


def test_what_is_asked_again_otherwise_and_elsewhere_keeps_its_files(
    browser: Browser, liaobots: Upstream
) -> None:
    page = _send(browser, "#echo first", _attach(browser, ("a.txt", b"content")))
    question = page.articles[0].id
    fenced = "\n\na.txt\n```txt\ncontent\n```"

    page.put(type="regenerate", client_id=str(uuid.uuid4()), message=question)
    page.wait("ended", state="complete")
    assert liaobots.received[-1].last_message == f"#echo first{fenced}"

    page.put(type="edit", client_id=str(uuid.uuid4()), message=question, text="#echo other")
    page.wait("ended", state="complete")
    assert liaobots.received[-1].last_message == f"#echo other{fenced}"
    assert _names(page.articles[0].html) == ["a.txt"]

    branched = browser.post(f"/messages/{page.answer.id}/branch")
    assert _names(branched.text) == ["a.txt"]
    browser.post(f"/messages/{question}/delete", last=page.answer.id)
    assert browser.get(f"/messages/{question}/files/0").status_code == 404
    assert browser.get(f"/messages/{page.articles[0].id}/files/0").text == "content"


def test_a_file_that_is_no_text_is_refused_by_name_and_the_others_are_kept(
    browser: Browser,
) -> None:
    response = _post(
        browser, "/files", [("song.mp3", b"ID3\4\0\0\0\0"), ("a.txt", b"a"), ("b.txt", b"")]
    )

    assert response.status_code == 422
    assert "“song.mp3” is neither text nor an image that can be sent" in response.text
    assert "“b.txt” is empty. There is nothing in it to send." in response.text
    assert [name for _, name in _waiting(response.text)] == ["a.txt"]


def test_a_file_that_the_model_does_not_take_is_refused(browser: Browser) -> None:
    response = _post(browser, "/files", [("long.txt", b"x" * 24_001)])

    assert response.status_code == 422
    assert "“long.txt” has 24,001 characters; GPT-4 takes 24,000 at most." in response.text


def test_all_files_and_the_text_together_keep_the_models_limit(browser: Browser) -> None:
    files = _attach(browser, ("a.txt", b"x" * 12_000), ("b.txt", b"x" * 12_000))
    page = browser.open()

    page.put(**_frame("a text", files))

    refused = page.wait("refused")
    assert "GPT-4 takes 24,000 at most" in refused["text"]
    assert _waiting(browser.get("/").text) == files


def test_thirty_files_at_once_are_thirty_files(browser: Browser, liaobots: Upstream) -> None:
    files = _attach(browser, *((f"{n}.txt", f"content {n}".encode()) for n in range(30)))

    page = _send(browser, "#echo many", files)

    assert _names(page.articles[0].html) == [f"{n}.txt" for n in range(30)]
    content = liaobots.received[-1].last_message
    assert [content.index(f"content {n}\n") for n in range(30)] == sorted(
        content.index(f"content {n}\n") for n in range(30)
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("<script>.txt", "&lt;script&gt;.txt"),
        ("x" * 10_000, "x" * 200),
    ],
)
def test_a_name_cannot_do_harm(browser: Browser, name: str, shown: str) -> None:
    files = _attach(browser, (name, b"content"))

    page = _send(browser, "#echo named", files)

    assert _names(page.articles[0].html) == [shown]
    saved = browser.get(f"/messages/{page.articles[0].id}/files/0")
    assert saved.status_code == 200
    assert saved.headers["Content-Disposition"].startswith("attachment;")


def test_files_that_are_gone_or_not_ones_own_are_refused_and_nothing_is_sent(
    browser: Browser, server: Server
) -> None:
    mine = _attach(browser, ("a.txt", b"a"))
    with _another(server) as eve:
        foreign = _attach(eve, ("b.txt", b"b"))
        for files in ([*mine, *foreign], [*mine, ("f" * 32, "unknown")]):
            page = browser.open()
            page.put(**_frame("text", files))

            assert "was sent or removed elsewhere" in page.wait("refused")["text"]
        assert _post(browser, f"/files/{foreign[0][0]}/remove").status_code == 404
        assert _waiting(eve.get("/").text) == foreign
    assert _waiting(browser.get("/").text) == mine


def test_two_tabs_send_a_file_once(browser: Browser) -> None:
    files = _attach(browser, ("a.txt", b"a"))
    page, other = browser.open(), browser.open()

    page.put(**_frame("#echo one", files))
    page.wait("ended")
    other.put(**_frame("#echo two", files))

    assert "was sent or removed elsewhere" in other.wait("refused")["text"]


def test_one_message_sent_twice_is_stored_once_with_its_files(browser: Browser) -> None:
    files = _attach(browser, ("a.txt", b"a"))
    page, frame = browser.open(), _frame("#echo once", files)

    page.put(**frame)
    page.wait("accepted")
    page.put(**frame)
    page.wait("accepted")
    page.wait_complete()

    assert len(page.articles) == 2
    assert _names(page.articles[0].html) == ["a.txt"]


def test_a_file_that_waits_can_be_removed(browser: Browser) -> None:
    first, second = _attach(browser, ("a.txt", b"a"), ("b.txt", b"b"))

    response = _post(browser, f"/files/{first[0]}/remove")

    assert _waiting(response.text) == [second]


def test_a_big_file_is_shown_by_its_beginning_and_saved_whole(
    browser: Browser, liaobots: Upstream
) -> None:
    text = "".join(f"{n}: the server answered within time\n" for n in range(580))
    assert 20_000 < len(text) < 24_000

    page = _send(browser, "", _attach(browser, ("big.log", text.encode())))

    html = page.articles[0].html
    assert "10: the server" in html
    assert "579: the server" not in html
    assert "Only the beginning is shown." in html
    saved = browser.get(f"/messages/{page.articles[0].id}/files/0")
    assert saved.text == text
    assert saved.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert "filename=big.log" in saved.headers["Content-Disposition"]
    assert text in liaobots.received[-1].last_message


def test_without_script_files_come_with_the_form(browser: Browser, liaobots: Upstream) -> None:
    fields = _form(browser, "/") | {"text": "#echo without script"}

    page = _post(browser, "/messages", [("a.txt", b"content")], part=False, **fields)

    assert page.status_code == 200
    assert "/c/" in page.url
    assert liaobots.received[-1].last_message == (
        "#echo without script\n\na.txt\n```txt\ncontent\n```"
    )
    again = _post(browser, "/messages", [("a.txt", b"content")], part=False, **fields)
    assert again.url == page.url
    assert _waiting(browser.get("/").text) == []


def test_without_script_a_refused_file_keeps_the_text_and_the_other_files(
    browser: Browser,
) -> None:
    fields = _form(browser, "/") | {"text": "my words"}

    page = _post(
        browser, "/messages", [("a.txt", b"a"), ("b.gz", b"\x1f\x8b\0")], part=False, **fields
    )

    assert page.status_code == 422
    assert "“b.gz” is neither text nor an image that can be sent" in page.text
    assert "my words</textarea>" in page.text
    (waiting,) = _waiting(page.text)
    assert waiting[1] == "a.txt"
    removed = _post(browser, f"/files/{waiting[0]}/remove", part=False, **fields)
    assert removed.status_code == 200
    assert "my words</textarea>" in removed.text
    assert _waiting(removed.text) == []


def test_a_request_larger_than_all_files_may_be_is_refused(browser: Browser) -> None:
    response = _post(browser, "/files", [("big.bin", bytes(25_000_000))])

    assert response.status_code == 413


def test_a_stranger_can_neither_attach_nor_save(server: Server, browser: Browser) -> None:
    page = _send(browser, "#echo mine", _attach(browser, ("a.txt", b"a")))
    address = f"/messages/{page.articles[0].id}/files/0"
    with (
        Browser(server, sign_in=False) as stranger,
        _another(server) as eve,
    ):
        assert _post(stranger, "/files", [("a.txt", b"a")]).status_code == 401
        assert stranger.get(address).status_code == 401
        assert eve.get(address).status_code == 404
    assert browser.get(address).status_code == 200
    assert browser.get(address.replace("files/0", "files/1")).status_code == 404


def _attach(browser: Browser, *files: tuple[str, bytes]) -> list[tuple[str, str]]:
    response = _post(browser, "/files", files)
    assert response.status_code == 200, response.text
    return _waiting(response.text)


def _post(
    browser: Browser,
    path: str,
    files: Sequence[tuple[str, bytes]] = (),
    *,
    part: bool = True,
    **fields: str,
) -> requests.Response:
    return browser.http.post(
        browser.server.url + path,
        data=fields,
        files=[("file", (name, content)) for name, content in files] or None,
        headers={"Accept": "text/vnd.liaochat"} if part else None,
        timeout=20,
    )


def _waiting(html: str) -> list[tuple[str, str]]:
    return _ITEM.findall(html)


def _names(html: str) -> list[str]:
    return re.findall(r'class="file__name"[^>]*>([^<]*)<', html)


def _frame(text: str, files: Sequence[tuple[str, str]]) -> dict[str, object]:
    return {
        "type": "send",
        "client_id": str(uuid.uuid4()),
        "conversation": None,
        "parent": None,
        "text": text,
        "files": [one for one, _ in files],
    }


def _send(browser: Browser, text: str, files: Sequence[tuple[str, str]]) -> Page:
    page = browser.open()
    page.put(**_frame(text, files))
    page.wait("accepted")
    page.wait("ended", state="complete")
    return page


def _another(server: Server) -> Browser:
    """Bring another member of the team."""
    return Browser(server, link=server.fresh_link("Eve"))


def _form(browser: Browser, path: str) -> dict[str, str]:
    found = re.search(r'name="client_id" value="([^"]+)"', browser.get(path).text)
    assert found
    return {"client_id": found[1], "conversation": "", "parent": ""}
