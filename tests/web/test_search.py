"""Search through the real server: what is found, where it leads, and what is nobody's."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from urllib.parse import quote

import pytest
import requests

from tests.support.listed import newcomer
from tests.support.server import Browser, Server
from webapp.clock import SystemClock
from webapp.store import conversations, messages
from webapp.store.database import Database

_PART = {"Accept": "text/vnd.liaochat"}


class Somebody:
    """A user with a history, and their browser."""

    def __init__(self, server: Server) -> None:
        self.user_id, link = newcomer(server)
        self.browser = Browser(server, link=link)
        self._server = server

    def said(self, *texts: str, title: str = "A talk", days_ago: int = 0) -> Sequence[str]:
        """Write a conversation; return the ids of its messages."""
        now = SystemClock().now() - timedelta(days=days_ago)
        written: list[str] = []
        database = Database(self._server.data_dir / "liaochat.db")
        with closing(database), database.writing() as connection:
            chat = conversations.create(connection, self.user_id, title=title, now=now)
            for number, text in enumerate(texts):
                written.append(
                    messages.add(
                        connection,
                        self.user_id,
                        chat.id,
                        parent_id=written[-1] if written else None,
                        role="assistant" if number % 2 else "user",
                        state="complete",
                        text=text,
                        model="liaobots/gpt-4" if number % 2 else None,
                        now=now,
                    ).id
                )
        return written

    def finds(self, query: str, **fields: str) -> str:
        """Search as the page's script does."""
        response = self.asks(query, **fields)
        assert response.status_code == 200, response.text
        return response.text

    def asks(self, query: str, **fields: str) -> requests.Response:
        return self.browser.http.get(
            f"{self._server.url}/search",
            params={"q": query, **fields},
            headers=_PART,
            timeout=20,
        )


@pytest.fixture
def me(server: Server) -> Iterator[Somebody]:
    somebody = Somebody(server)
    with somebody.browser:
        yield somebody


def _messages(html: str) -> list[str]:
    return re.findall(r'action="/messages/(\w+)/show"', html)


def _plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_what_was_found_is_marked_and_leads_to_its_place(me: Somebody) -> None:
    question, answer = me.said("Why is the sky blue?", "Because of Rayleigh.", title="On the sky")

    found = me.finds("sky")
    shown = me.browser.post(f"/messages/{question}/show")

    assert _messages(found) == [question]
    assert "Why is the <mark>sky</mark> blue?" in found
    assert "On the <mark>sky</mark>" in found
    assert "2 found" in found
    assert found.lstrip().startswith("<div")
    assert re.search(rf"/c/\w+\?at={question}#message-{question}$", shown.url)
    assert f'id="message-{question}"' in shown.text
    assert _messages(me.finds("rayleigh")) == [answer]


def test_a_message_in_another_branch_is_shown_in_it(me: Somebody) -> None:
    me.browser.use("liaobots/gpt-4", "test-1234567890")
    page = me.browser.open()
    page.send("#echo the first wording")
    page.wait("ended")
    question = page.articles[0].id
    page.put(
        type="edit", client_id=str(uuid.uuid4()), message=question, text="#echo another wording"
    )
    page.wait("ended", message=page.answer.id) if page.answer.state != "complete" else None
    page.wait_for_text("another")

    (answer, found_question) = _messages(me.finds('"first wording"'))
    shown = me.browser.post(f"/messages/{found_question}/show")

    assert found_question == question
    assert f'id="message-{answer}"' in shown.text


def test_the_page_works_without_script(me: Somebody) -> None:
    me.said("Why is the sky blue?")

    page = me.browser.get("/search?q=sky").text
    empty = me.browser.get("/search").text

    assert "<!doctype html>" in page
    assert 'value="sky"' in page
    assert "<mark>sky</mark>" in page
    assert "before:2026-03-15" in empty
    assert "Nothing found" not in empty
    assert 'role="search"' in me.browser.get("/").text


def test_pages_follow_each_other_to_the_last(me: Somebody) -> None:
    said = [me.said(f"word {number}", days_ago=number)[0] for number in range(45)]

    address, pages = "/search?q=word", []
    while address:
        html = me.browser.http.get(me.browser.server.url + address, headers=_PART, timeout=20).text
        pages.append(html)
        more = re.search(r'class="results__more" href="([^"]+)"', html)
        address = more[1].replace("&amp;", "&") if more else ""

    assert [_messages(page) for page in pages] == [said[:20], said[20:40], said[40:]]
    assert "More than 20 found" in pages[0]
    assert "found" not in _plain(pages[1]).split("word")[0]


def test_hits_beside_each_other_in_a_conversation_stand_under_one_title(me: Somebody) -> None:
    me.said("a word", "the word", "words", title="One title")

    found = me.finds("word")

    assert found.count("One title") == 1
    assert len(_messages(found)) == 3


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("nosuchword", "Nothing found"),
        ("word before:soon", "This is not a date: “soon”."),
        ("word in:attic", "There is no place “attic” to search in."),
        ("word model:", "Write what to look for right behind “model:”."),
        ("word " * 100, "Only the beginning was searched for"),
    ],
)
def test_what_a_person_should_know_is_said(me: Somebody, query: str, says: str) -> None:
    me.said("a word")

    found = me.finds(query)

    assert says in _plain(found)
    assert ("<mark>word</mark>" in found) == (query != "nosuchword")


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '"a" OR "b',
        "a AND NOT b",
        "NEAR(a b)",
        "text:a*",
        "^a + b",
        "*",
        "%",
        "_",
        "'; DROP TABLE messages; --",
        "\x00",
        "a\x00b",
        "\u202eabc",
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
        "(" * 150,
        "a b c d e f g h i j k l m n o p q r s",
        "的 是 在",
        "<script>alert(1)</script>",
        "x" * 1000,
        "in:trash",
        "model:%",
        "after:9999-12-31",
        "before:0001",
    ],
)
def test_nothing_that_is_typed_is_an_error(me: Somebody, query: str) -> None:
    me.said("nothing of the kind")

    response = me.asks(query)

    assert response.status_code == 200
    assert "<script>" not in response.text


def test_a_query_of_ten_thousand_characters_is_answered_in_a_sentence(me: Somebody) -> None:
    response = me.asks("x" * 10_000)

    assert response.status_code in {200, 400, 414}
    assert "Traceback" not in response.text


@pytest.mark.parametrize("after", ["x", "-1", "1" * 30, "1;2", "٣"])
def test_an_address_that_is_no_page_is_refused(me: Somebody, after: str) -> None:
    assert me.asks("word", after=after).status_code in {400, 404, 422}


def test_nobody_finds_what_another_wrote(server: Server, me: Somebody) -> None:
    with (other := Somebody(server)).browser:
        theirs = other.said("a secret word", title="The secret")
        mine = me.said("another word")

        assert _messages(me.finds("word")) == [mine[0]]
        assert "secret" not in _plain(me.finds("secret")).replace("secret word", "")
        assert "Nothing found" in me.finds("secret")
        assert "1 found" in me.finds("word")
        assert _messages(other.finds("word")) == [theirs[0]]
        assert me.browser.post(f"/messages/{theirs[0]}/show").status_code == 404


def test_what_is_in_the_trash_is_found_there_alone(me: Somebody) -> None:
    (message,) = me.said("a word", title="A word")
    chat = me.browser.post(f"/messages/{message}/show").url.rpartition("/c/")[2].partition("?")[0]

    me.browser.post(f"/c/{chat}/trash")
    assert "Nothing found" in me.finds("word")
    assert _messages(me.finds("word in:trash")) == [message]
    me.browser.post(f"/c/{chat}/delete")

    assert "Nothing found" in me.finds("word in:trash")


def test_a_new_title_is_found_and_the_old_one_is_not(me: Somebody) -> None:
    (message,) = me.said("text", title="The old title")
    chat = me.browser.post(f"/messages/{message}/show").url.rpartition("/c/")[2].partition("?")[0]

    me.browser.post(f"/c/{chat}/rename", title="Ein neuer <Titel>")

    assert "Nothing found" in me.finds("old")
    assert "&lt;<mark>Titel</mark>&gt;" in me.finds("titel")


def test_whoever_is_signed_out_finds_nothing(server: Server) -> None:
    with Browser(server, sign_in=False) as nobody:
        assert nobody.get(f"/search?q={quote('word')}").status_code == 401
