"""Links to conversations through the real server: who reads what, for how long, and no more."""

from __future__ import annotations

import json
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import requests
from websocket import WebSocketBadStatusException

from tests.support.events import EventWire
from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.support.timing import in_time
from tests.upstream import Upstream
from webapp.store.ids import token_hash

_CODE = "test-code-of-ada-7531"
_NAME = "Adalbert-the-Author"
_SYSTEM = "You are a secret system text."
_ADDRESS = re.compile(r'value="([^"]*/shared/[^"]*)"')
_SHARE = re.compile(r'action="/shares/([0-9a-f]{32})/revoke"')


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    """A server that allows public links, with a member whose name can be looked for."""
    settings = {"liaobots_url": liaobots.url, "public_sharing": "on"}
    with Server(tmp_path_factory.mktemp("open"), settings) as running:
        yield running


@pytest.fixture
def author(open_server: Server) -> Iterator[Browser]:
    with Browser(open_server, link=open_server.fresh_link(_NAME)) as ada:
        ada.use("liaobots/gpt-4", _CODE)
        yield ada


@pytest.fixture
def member(open_server: Server) -> Iterator[Browser]:
    with Browser(open_server, link=open_server.fresh_link("Bob")) as bob:
        yield bob


@pytest.fixture
def stranger(open_server: Server) -> Iterator[Browser]:
    with Browser(open_server, sign_in=False) as nobody:
        yield nobody


def test_a_public_link_is_read_without_a_sign_in(author: Browser, stranger: Browser) -> None:
    page = _asked(author, "#echo for everybody")

    seen = stranger.get(_share(author, page, audience="public"))

    assert seen.status_code == 200
    assert seen.text.count("for everybody") >= 2
    assert seen.headers["Cache-Control"] == "no-store"
    assert seen.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in seen.headers["X-Robots-Tag"]
    assert '<meta name="referrer" content="no-referrer">' in seen.text
    assert "Set-Cookie" not in seen.headers
    for way_in in ("<form", "<textarea", "<nav", 'href="/', "popover"):
        assert way_in not in _body(seen), way_in


def test_a_link_of_the_team_asks_strangers_to_sign_in(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = _asked(author, "#echo for the team")
    path = _share(author, page, audience="team")

    seen, refused = member.get(path), stranger.get(path)

    assert seen.status_code == 200
    assert "for the team" in seen.text
    assert "<form" not in _body(seen)
    assert refused.status_code == 401
    assert "for the team" not in refused.text
    with pytest.raises(WebSocketBadStatusException, match="401"):
        stranger.connect(f"{path}/socket")


def test_public_links_are_off_by_default(browser: Browser) -> None:
    page = _asked(browser, "#echo stays here")

    refused = _make(browser, page, audience="public")

    assert refused.status_code == 422
    assert "Public links are off on this server." in refused.text
    assert _ADDRESS.findall(refused.text) == []


def test_public_links_close_where_the_server_is_started_without_them(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(public_sharing="on")
    with Browser(server) as browser, Browser(server, sign_in=False) as stranger:
        browser.use("liaobots/gpt-4", "test-1234")
        path = _share(browser, _asked(browser, "#echo for a while"), audience="public")
        assert stranger.get(path).status_code == 200
        server.stop()
    del server.environ["LIAOCHAT_PUBLIC_SHARING"]
    server.start()
    with Browser(server) as browser, Browser(server, sign_in=False) as stranger:
        assert stranger.get(path).status_code == 404
        assert browser.get(path).status_code == 404
        with pytest.raises(WebSocketBadStatusException, match="404"):
            stranger.connect(f"{path}/socket")


def test_what_a_link_never_opened_and_what_it_opens_no_more_look_alike(
    author: Browser, stranger: Browser
) -> None:
    page = _asked(author, "#echo not for long")
    revoked = _share(author, page, audience="public")
    run_out = _share(author, page, audience="public")
    trashed = _asked(author, "#echo thrown away")
    in_trash = _share(author, trashed, audience="public")
    share_id = _SHARE.findall(author.get(f"/c/{page.conversation}/share").text)[-1]
    author.post(f"/shares/{share_id}/revoke")
    _expire(author, run_out)
    author.post(f"/c/{trashed.conversation}/trash")

    answers = [
        stranger.get(path)
        for path in (f"/shared/{'A' * 43}", "/shared/x", revoked, run_out, in_trash)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "Nothing is shared here" in answers[0].text
    assert 'href="/"' not in _body(answers[0])
    for path in (revoked, run_out, in_trash):
        with pytest.raises(WebSocketBadStatusException, match="404"):
            stranger.connect(f"{path}/socket")
    author.post(f"/c/{trashed.conversation}/restore")
    assert stranger.get(in_trash).status_code == 200


def test_a_reader_sees_an_answer_as_it_is_written(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = _asked(author, "#echo first")
    team = _read(member, _share(author, page, audience="team"), page)
    public = _read(stranger, _share(author, page, audience="public"), page)
    for reader in (team, public):
        assert len(reader.wait("messages")["html"]) == 2

    _see_it_grow(page, team, public)

    for reader in (team, public):
        assert len(reader.articles) == 4


def test_a_reader_who_comes_in_the_middle_gets_what_is_there_and_the_rest(
    author: Browser, stranger: Browser
) -> None:
    page = author.open()
    page.send("#stall")
    page.wait_for_text("This is all that")
    path = _share(author, page, audience="public")

    reader = _read(stranger, path, page)
    reader.wait_for_text("This is all that")

    assert 'http-equiv="refresh"' in stranger.get(path).text
    page.stop()
    reader.wait("ended", state="stopped")
    assert "Stopped." in reader.answer.footer
    assert "<form" not in reader.answer.footer


def test_a_reader_follows_versions_and_deletions(author: Browser, stranger: Browser) -> None:
    page = _asked(author, "#echo the first question")
    reader = _read(stranger, _share(author, page, audience="public"), page)
    reader.wait("messages")
    question, first = page.articles[0].id, page.answer.id

    page.put(type="edit", client_id=str(uuid.uuid4()), message=question, text="#echo otherwise")
    page.wait("ended", state="complete")
    reader.wait("ended", state="complete")
    assert reader.text() == "#echo otherwise"
    page.put(type="show", message=first)
    reader.wait("messages")
    reader.wait("messages", after=None)  # it had to ask for the question that it had not
    assert reader.answer.id == first
    assert "otherwise" not in reader.articles[0].html
    page.wait("messages", after=None)
    page.delete(question)
    reader.wait("messages")
    assert "otherwise" in reader.articles[0].html


def test_a_snapshot_stays_as_it_was(author: Browser, member: Browser, stranger: Browser) -> None:
    page = _asked(author, "#echo then")
    author.post(f"/c/{page.conversation}/rename", title="The title of then")
    path = _share(author, page, audience="public", kind="snapshot")
    live = _share(author, page, audience="public")
    team = _share(author, page, audience="team", kind="snapshot")

    page.send("#echo now")
    page.wait("ended")
    author.post(f"/c/{page.conversation}/rename", title="The title of now")

    seen, listed = stranger.get(path), member.get("/shared").text
    assert "#echo then" in _body(seen)
    assert "#echo now" not in _body(seen)
    assert "The title of then" in _body(seen)
    assert "The title of now" not in seen.text
    assert "The title of now" in stranger.get(live).text
    assert re.search(f'href="{team}">The title of then<', listed)
    reader = _read(stranger, path, page)
    assert reader.wait("refused")["code"] == "not_found"
    page.send("#echo later")
    page.wait("ended")
    _nothing_more(reader)


def test_the_author_is_in_no_byte_that_a_reader_gets(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = author.open()
    page.send("#unauthorised")
    page.wait("ended", state="failed")
    _set_system_text(author, page)
    paths = [_share(author, page, audience=audience) for audience in ("team", "public")]
    pages = [member.get(path) for path in paths] + [stranger.get(paths[1])]
    readers = [_read(member, paths[0], page), _read(stranger, paths[1], page)]
    for reader in readers:
        reader.wait("messages")
    path = f"/c/{page.conversation}"
    author.post(f"{path}/system", system=_SYSTEM + " And another one.")
    author.post(f"{path}/rename", title="A title for all")
    author.post(f"{path}/pin")
    page.put(type="draft", conversation=page.conversation, text=f"{_CODE} half written")
    page.send("#default")
    for reader in readers:
        reader.wait("ended", state="complete")

    sent = [one.text + str(one.headers) for one in pages]
    sent += [json.dumps(reader.frames, ensure_ascii=False) for reader in readers]
    owner_id = f"{0:032}"
    for text in sent:
        for secret in (_NAME, _CODE, _CODE[-4:], _SYSTEM, owner_id, "auth code", "client_id"):
            assert secret not in text, secret
        assert "<form" not in text
    assert {frame["type"] for reader in readers for frame in reader.frames} <= {
        "messages",
        "snapshot",
        "patch",
        "ended",
        "saving",
    }


@pytest.mark.parametrize("audience", ["team", "public"])
def test_a_reader_can_do_nothing_but_watch(
    author: Browser, member: Browser, stranger: Browser, audience: str, liaobots: Upstream
) -> None:
    page = _asked(author, "#echo look, do not touch")
    browser = member if audience == "team" else stranger
    reader = _read(browser, _share(author, page, audience=audience), page)
    reader.wait("messages")
    calls, before = len(liaobots.received), _rows(author, page)
    answer, client_id = page.answer.id, str(uuid.uuid4())

    for frame in (
        {
            "type": "send",
            "client_id": client_id,
            "conversation": page.conversation,
            "parent": answer,
            "text": "#echo mine",
        },
        {
            "type": "send",
            "client_id": client_id,
            "conversation": None,
            "parent": None,
            "text": "#echo mine",
        },
        {"type": "regenerate", "client_id": client_id, "message": answer},
        {"type": "edit", "client_id": client_id, "message": page.articles[0].id, "text": "mine"},
        {"type": "continue", "client_id": client_id, "message": answer},
        {"type": "stop", "message": answer},
        {"type": "draft", "conversation": page.conversation, "text": "mine"},
        {"type": "show", "message": page.articles[0].id},
        {"type": "delete", "message": page.articles[0].id, "last": answer},
    ):
        reader.put(**frame)
        assert reader.wait("refused")["code"] == "read_only", frame
    for elsewhere in ("0" * 32, _asked(author, "#echo private").conversation):
        reader.put(type="watch", conversation=elsewhere, last=None, state=None)
        assert reader.wait("refused")["code"] == "not_found"

    assert _rows(author, page) == before
    assert all(call.last_message != "#echo mine" for call in liaobots.received[calls:])


def test_a_link_gives_no_right_to_any_form(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = _asked(author, "#echo look, do not touch")
    for audience in ("team", "public"):
        _share(author, page, audience=audience)
    share_id = _SHARE.findall(author.get(f"/c/{page.conversation}/share").text)[0]
    answer, conversation = page.answer.id, f"/c/{page.conversation}"

    for browser, status in ((member, 404), (stranger, 401)):
        for path in (
            *(f"/messages/{answer}/{one}" for one in ("stop", "show", "delete", "branch")),
            *(f"{conversation}/{one}" for one in ("trash", "pin", "delete", "share")),
            f"/shares/{share_id}/revoke",
        ):
            response = browser.post(path, audience="team", kind="live", days="7", last=answer)
            assert response.status_code == status, path
        for path in (conversation, f"{conversation}/share", f"{conversation}/export.md"):
            assert browser.get(path).status_code == status, path
    assert len(_SHARE.findall(author.get(f"{conversation}/share").text)) == 2


def test_a_share_that_is_not_ones_own_answers_like_one_that_is_not_there(
    author: Browser, member: Browser
) -> None:
    page = _asked(author, "#echo mine")
    _share(author, page, audience="team")
    share_id = _SHARE.findall(author.get(f"/c/{page.conversation}/share").text)[0]

    foreign = member.post(f"/shares/{share_id}/revoke")
    unknown = member.post(f"/shares/{'0' * 32}/revoke")

    assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text)
    assert foreign.status_code == 404


@pytest.mark.parametrize("end", ["revoke", "trash", "expire", "delete"])
def test_who_reads_is_shown_out_within_a_second_when_the_share_ends(
    author: Browser, member: Browser, stranger: Browser, end: str
) -> None:
    page = author.open()
    page.send("#stall")
    page.wait_for_text("This is all that")
    paths = [_share(author, page, audience=audience) for audience in ("team", "public")]
    readers = [_read(member, paths[0], page), _read(stranger, paths[1], page)]
    for reader in readers:
        reader.wait_for_text("This is all that")

    if end == "revoke":
        panel = author.get(f"/c/{page.conversation}/share").text
        for share_id in _SHARE.findall(panel):
            author.post(f"/shares/{share_id}/revoke")
    elif end == "trash":
        author.post(f"/c/{page.conversation}/trash")
    elif end == "expire":
        for path in paths:
            _expire(author, path)
    else:
        _delete_row(author, page)
    ended = time.monotonic()

    for reader in readers:
        assert reader.wait_closed(timeout=5) == 4404
        assert reader.close_reason == "This is not shared any more."
    in_time(time.monotonic() - ended, 1)
    if end != "delete":
        page.stop()
        page.wait("ended")


def test_what_somebody_shares_is_closed_while_they_are_disabled(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = _asked(author, "#echo for a while")
    paths = [_share(author, page, audience=audience) for audience in ("team", "public")]
    readers = [_read(member, paths[0], page), _read(stranger, paths[1], page)]

    _disable(author)
    ended = time.monotonic()

    for reader in readers:
        assert reader.wait_closed(timeout=5) == 4404
    in_time(time.monotonic() - ended, 1)
    assert paths[0] not in member.get("/shared").text
    assert [member.get(path).status_code for path in paths] == [404, 404]
    _disable(author, undo=True)
    assert [member.get(path).status_code for path in paths] == [200, 200]


def test_a_reader_without_a_socket_sees_an_answer_as_it_is_written_until_the_share_ends(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = _asked(author, "#echo first")
    paths = [_share(author, page, audience=audience) for audience in ("team", "public")]
    with (
        closing(_listen(member, paths[0], page)) as team,
        closing(_listen(stranger, paths[1], page)) as public,
    ):
        for reader in (team, public):
            assert len(reader.wait("messages")["html"]) == 2

        _see_it_grow(page, team, public)
        for reader in (team, public):
            assert "<form" not in json.dumps(reader.frames)
            reader.put(type="send", client_id=str(uuid.uuid4()), conversation=None, text="me")
            assert reader.wait("refused")["code"] == "read_only"

        for share_id in _SHARE.findall(author.get(f"/c/{page.conversation}/share").text):
            author.post(f"/shares/{share_id}/revoke")
        revoked = time.monotonic()
        for reader in (team, public):
            assert reader.wait_closed(timeout=5) == 4404
            assert reader.close_reason == "This is not shared any more."
        in_time(time.monotonic() - revoked, 1)
    assert stranger.get(f"{paths[1]}/events").status_code == 404


def test_who_is_signed_out_is_shown_out_within_a_second(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = author.open()
    page.send("#stall")
    page.wait_for_text("This is all that")
    path = _share(author, page, audience="team")
    visitor = _read(stranger, _share(author, page, audience="public"), page)
    listed, reader = member.open(), _read(member, path, page)
    for one in (reader, visitor):
        one.wait_for_text("This is all that")

    _execute(
        author,
        "DELETE FROM browser_sessions WHERE user_id = (SELECT id FROM users WHERE name = ?)",
        "Bob",
    )
    ended = time.monotonic()

    for one in (listed, reader):
        assert one.wait_closed(timeout=5) == 4401
        assert one.close_reason == "You are signed out."
    in_time(time.monotonic() - ended, 1)
    page.stop()
    for one in (page, visitor):
        one.wait("ended", state="stopped")


def test_other_readers_stay_when_one_link_is_revoked(author: Browser, stranger: Browser) -> None:
    page = _asked(author, "#echo two links")
    kept = _read(stranger, _share(author, page, audience="public"), page)
    gone = _read(stranger, _share(author, page, audience="public"), page)
    for reader in (kept, gone):
        reader.wait("messages")

    newest = _SHARE.findall(author.get(f"/c/{page.conversation}/share").text)[0]
    author.post(f"/shares/{newest}/revoke")
    assert gone.wait_closed() == 4404
    page.send("#echo still read")
    kept.wait("ended", state="complete")

    assert kept.text() == "#echo still read"


def test_a_readers_socket_is_taken_from_our_own_pages_only(
    author: Browser, stranger: Browser
) -> None:
    path = _share(author, _asked(author, "#echo x"), audience="public") + "/socket"
    stranger.connect(path).close()  # the premise: with our origin it opens

    for origin in ("http://evil.example", "null", stranger.server.url + ".evil.example"):
        with pytest.raises(WebSocketBadStatusException, match="403"):
            stranger.connect(path, origin=origin)


def test_visitors_have_seats_of_their_own(start_server: Callable[..., Server]) -> None:
    server = start_server(public_sharing="on", max_visitors="2", max_sockets="1")
    with Browser(server) as browser, Browser(server, sign_in=False) as stranger:
        browser.use("liaobots/gpt-4", "test-1234")
        page = _asked(browser, "#echo a full house")
        path = _share(browser, page, audience="public")
        first, second = (_read(stranger, path, page) for _ in range(2))
        third = _read(stranger, path, page)

        assert third.wait_closed() == 4429
        assert stranger.get(path).status_code == 200
        page.send("#echo for those who are in")
        page.wait("ended", state="complete")
        for reader in (first, second):
            reader.wait("ended", state="complete")


def test_fifty_tokens_that_are_none_answer_alike(author: Browser, stranger: Browser) -> None:
    path = _share(author, _asked(author, "#echo behind a door"), audience="public")
    token = path.rpartition("/")[2]
    hostile = [
        *(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(43)),
        *(
            token[:-1],
            token + "A",
            token.swapcase(),
            token[::-1],
            token + "%00",
            "%00",
            "%E2%80%AE",
        ),
        *("%2e%2e", "A" * 4000, "'--", "%ff%fe", "*", f"{token}%20", f"%0a{token}", token + "="),
    ]
    assert len({*hostile} - {token}) >= 50

    answers = [stranger.get(f"/shared/{one}") for one in hostile if one != token]

    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"audience": "world", "kind": "live", "days": "7"},
        {"audience": "team", "kind": "dead", "days": "7"},
        {"audience": "team", "kind": "live", "days": "-1"},
        {"audience": "team", "kind": "live", "days": "9" * 400},
        {"audience": "team", "kind": "live", "days": "\u202e7"},
        {"audience": "team", "kind": "live", "days": "7\x00"},
        {"audience": "team", "kind": "live"},
    ],
)
def test_a_link_that_makes_no_sense_is_not_made(author: Browser, fields: dict[str, str]) -> None:
    page = _asked(author, "#echo nonsense")

    response = author.post(f"/c/{page.conversation}/share", **fields)

    assert response.status_code == 400
    assert _SHARE.findall(author.get(f"/c/{page.conversation}/share").text) == []


def test_the_team_finds_what_is_shared_with_it(
    author: Browser, member: Browser, stranger: Browser
) -> None:
    page = _asked(author, "#echo found by all")
    path = _share(author, page, audience="team")
    public = _share(author, page, audience="public")

    listed = member.get("/shared").text

    assert path in listed
    assert "found by all" in listed
    assert public not in listed
    assert _NAME not in listed
    assert path not in author.get("/shared").text
    assert stranger.get("/shared").status_code == 401


def test_the_panel_comes_as_a_part_too(author: Browser) -> None:
    page = _asked(author, "#echo in a panel")
    author.http.headers["Accept"] = "text/vnd.liaochat"

    made = _make(author, page, audience="team")
    share_id = _SHARE.findall(made.text)[0]
    left = author.post(f"/shares/{share_id}/revoke")

    for part in (made, left):
        assert part.status_code == 200
        assert part.text.startswith("<section")
    assert _SHARE.findall(left.text) == []


def _asked(browser: Browser, text: str) -> Page:
    page = browser.open()
    page.send(text)
    page.wait("ended", state="complete")
    return page


def _make(
    browser: Browser, page: Page, *, audience: str, kind: str = "live", days: str = "7"
) -> requests.Response:
    return browser.post(f"/c/{page.conversation}/share", audience=audience, kind=kind, days=days)


def _share(browser: Browser, page: Page, *, audience: str, kind: str = "live") -> str:
    """Make a link and return its path."""
    made = _make(browser, page, audience=audience, kind=kind)
    assert made.status_code == 200, made.text
    address: str = _ADDRESS.findall(made.text)[0]
    assert address.startswith(browser.server.url)
    return address.removeprefix(browser.server.url)


def _read(browser: Browser, path: str, page: Page) -> Page:
    """Open the socket of a reader's page."""
    return browser.open(page.conversation, path=f"{path}/socket")


def _listen(browser: Browser, path: str, page: Page) -> Page:
    """Open the events of a reader's page, which has no socket."""
    return Page(EventWire(browser, f"{path}/events"), page.conversation)


def _body(response: requests.Response) -> str:
    return response.text.partition("<body>")[2]


def _nothing_more(reader: Page) -> None:
    reader.put(type="nonsense")
    frames = len(reader.frames)
    reader.wait("error")
    assert len(reader.frames) == frames + 1


def _expire(browser: Browser, path: str) -> None:
    """Let a share run out, as its clock would."""
    _execute(
        browser,
        "UPDATE shares SET expires_at = 1 WHERE token_hash = ?",
        token_hash(path.rpartition("/")[2]),
    )


def _set_system_text(browser: Browser, page: Page) -> None:
    _execute(
        browser,
        "UPDATE conversations SET system_text = ? WHERE id = ?",
        _SYSTEM,
        str(page.conversation),
    )


def _delete_row(browser: Browser, page: Page) -> None:
    _execute(browser, "DELETE FROM shares WHERE conversation_id = ?", str(page.conversation))


def _disable(author: Browser, *, undo: bool = False) -> None:
    with Browser(author.server) as owner:
        entry = owner.get("/team").text.partition(f"<bdi>{_NAME}</bdi>")[2]
        found = re.search(r"/team/members/\w+/(?:dis|en)able", entry)
        assert found
        assert found[0].endswith("/enable" if undo else "/disable")
        owner.post(found[0])


def _execute(browser: Browser, statement: str, *values: str) -> None:
    file = browser.server.data_dir / "liaochat.db"
    with closing(sqlite3.connect(file, timeout=10)) as database:
        database.execute(statement, values)
        database.commit()


def _rows(browser: Browser, page: Page) -> list[tuple[object, ...]]:
    """All that is kept of a conversation."""
    file = browser.server.data_dir / "liaochat.db"
    with closing(sqlite3.connect(file, timeout=10)) as database:
        rows = database.execute(
            "SELECT * FROM messages JOIN conversations ON conversation_id = conversations.id "
            "WHERE conversation_id = ? ORDER BY messages.id",
            [page.conversation],
        ).fetchall()
    assert rows
    return rows


def _see_it_grow(page: Page, *readers: Page) -> None:
    """Have a question answered, slowly enough that readers see it grow."""
    page.send("#slow:30,20")
    page.wait("ended", state="complete")
    for reader in readers:
        reader.wait("ended", state="complete")
        assert reader.text() == page.text() != ""
        assert reader.answer.patches > 1
