"""The main path, through the real server: send, stream, stop, reload, another tab."""

from __future__ import annotations

import time
import uuid

from tests.support.server import Browser, Server
from tests.support.timing import in_time
from tests.upstream import Call, Upstream


def test_an_answer_streams_into_the_page(browser: Browser) -> None:
    page = browser.open()

    page.send("#slow:30,20")
    page.wait("ended", state="complete")

    assert page.text().split() == [str(word) for word in _numbered(30)]
    assert page.answer.patches > 5
    assert [article.state for article in page.articles] == ["complete", "complete"]


def test_an_answer_is_stored_as_the_upstream_sent_it(browser: Browser) -> None:
    page = browser.open()
    page.send("#echo Grüße, 你好 and 👩‍👩‍👧 to you")
    page.wait("ended", state="complete")

    again = browser.open(page.conversation)
    again.wait("messages")

    assert "Grüße, 你好 and 👩‍👩‍👧 to you" in again.articles[-1].html
    assert again.articles[-1].state == "complete"


def test_a_page_opened_in_mid_answer_shows_what_has_come_and_goes_on(
    browser: Browser, liaobots: Upstream
) -> None:
    second_half = _Gate()
    liaobots.enqueue(_in_two_halves(second_half))
    page = browser.open()
    page.send("tell me")
    page.wait_for_text("first half")

    reloaded = browser.get(f"/c/{page.conversation}").text
    other = browser.open(page.conversation)
    other.wait_for_text("first half")
    second_half.open()
    other.wait("ended", state="complete")

    assert "first half" in reloaded
    assert other.text() == "first half, second half"


def test_an_answer_goes_on_when_its_page_is_closed(browser: Browser, liaobots: Upstream) -> None:
    second_half = _Gate()
    liaobots.enqueue(_in_two_halves(second_half))
    page = browser.open()
    page.send("tell me")
    page.wait_for_text("first half")

    page.close()
    second_half.open()
    other = browser.open(page.conversation)
    if other.wait("messages")["html"] and other.answer.state == "running":
        other.wait("ended")

    assert browser.open(page.conversation).wait("messages")
    assert _stored_text(browser, page.conversation) == "first half, second half"


def test_stop_ends_the_answer_here_and_upstream_and_keeps_the_text(
    browser: Browser, liaobots: Upstream
) -> None:
    page = browser.open()
    page.send("#stall")
    page.wait_for_text("This is all that")
    received = liaobots.received[-1]

    stopped_at = time.monotonic()
    page.stop()
    page.wait("ended", state="stopped")

    assert received.disconnected.wait(5)
    in_time(received.disconnected_at - stopped_at, 0.2)
    assert "This is all that" in _stored_text(browser, page.conversation)


def test_another_tab_sees_the_question_and_the_answer_as_they_come(browser: Browser) -> None:
    page = browser.open()
    page.send("#echo first")
    page.wait("ended")
    other = browser.open(page.conversation)
    other.wait("messages")

    page.send("#slow:20,10")
    other.wait("ended", state="complete")

    assert "#slow:20,10" in other.articles[-2].html
    assert other.text().split() == [str(word) for word in _numbered(20)]


def test_a_stale_tab_overwrites_nothing_and_is_brought_up_to_date(browser: Browser) -> None:
    page = browser.open()
    page.send("#echo first")
    page.wait("ended")
    stale = browser.open()
    stale.conversation = page.conversation
    page.send("#echo second")
    page.wait("ended")

    client_id = stale.send("#echo from the stale tab")
    refusal = stale.wait("refused", client_id=client_id)
    stale.wait("messages")

    assert refusal["code"] == "branch_moved"
    assert [article.id for article in stale.articles] == [article.id for article in page.articles]


def test_a_message_sent_twice_is_paid_once(browser: Browser, liaobots: Upstream) -> None:
    page = browser.open()
    client_id = str(uuid.uuid4())
    text = f"#echo {client_id}"

    page.send(text, client_id=client_id)
    page.wait("ended")
    page.conversation, page.articles = None, []
    page.send(text, client_id=client_id)
    page.wait("accepted", client_id=client_id)
    page.wait("messages")

    calls = [one for one in liaobots.received if one.last_message == text]
    assert len(calls) == 1
    assert [article.state for article in page.articles] == ["complete", "complete"]


def test_a_second_message_waits_for_the_end_of_the_first(browser: Browser) -> None:
    page = browser.open()
    page.send("#stall")
    page.wait_for_text("This is all that")

    client_id = page.send("and another thing")
    refusal = page.wait("refused", client_id=client_id)

    assert refusal["text"] == (
        "The last message is still being answered. Wait for the end or stop it."
    )
    page.stop()
    page.wait("ended", state="stopped")


def test_the_conversation_is_in_the_list_named_by_its_first_words(browser: Browser) -> None:
    page = browser.open()
    page.send("#echo Why is the sky blue?")
    page.wait("accepted")
    entry = page.wait("list", conversation=page.conversation)
    page.wait("ended")

    html = browser.get("/").text

    assert "#echo Why is the sky blue?" in entry["html"]
    assert f'href="/c/{page.conversation}"' in html


def test_the_model_gets_the_conversation_so_far(browser: Browser, liaobots: Upstream) -> None:
    page = browser.open()
    page.send("#echo one")
    page.wait("ended")

    page.send("#echo two")
    page.wait("ended")

    received = liaobots.received[-1]
    assert received.messages == [
        {"role": "user", "content": "#echo one"},
        {"role": "assistant", "content": "#echo one"},
        {"role": "user", "content": "#echo two"},
    ]
    assert received.body["model"]["id"] == "gpt-4"
    assert received.auth_code == "test-1234567890"


def test_a_failure_is_said_where_the_answer_would_be(browser: Browser) -> None:
    page = browser.open()

    page.send("#no-credit")
    page.wait("ended", state="failed")

    assert "No credit is left on this auth code." in page.answer.footer


def test_an_answer_that_breaks_off_keeps_its_text_and_says_why(browser: Browser) -> None:
    page = browser.open()

    page.send("#cut")
    page.wait("ended", state="interrupted")

    assert page.text()
    assert "broke off" in page.answer.footer


def test_a_message_can_be_sent_without_script(browser: Browser, server: Server) -> None:
    response = browser.post(
        "/messages", client_id=str(uuid.uuid4()), conversation="", parent="", text="#echo plain"
    )

    assert response.url.startswith(f"{server.url}/c/")
    assert "#echo plain" in response.text


def test_where_a_message_went_is_told_to_its_sender_alone(browser: Browser, server: Server) -> None:
    page = browser.open()
    client_id = page.send("#echo where am I?")
    page.wait("ended")

    found = browser.get(f"/sent/{client_id}")
    unknown = browser.get(f"/sent/{uuid.uuid4()}")
    odd = browser.get("/sent/%00")

    assert found.text == f"/c/{page.conversation}"
    assert [unknown.status_code, odd.status_code] == [204, 204]
    with Browser(server, sign_in=False) as stranger:
        assert stranger.get(f"/sent/{client_id}").status_code == 401


def test_a_refused_message_without_script_keeps_its_draft(browser: Browser) -> None:
    response = browser.post(
        "/messages", client_id=str(uuid.uuid4()), conversation="", parent="", text="  "
    )

    assert response.status_code == 422
    assert "The message is empty. Write something first." in response.text


class _Gate:
    def __init__(self) -> None:
        self._open = False

    def open(self) -> None:
        self._open = True

    def wait(self, call: Call) -> None:
        while not self._open:
            call.pause(0.01)


def _in_two_halves(gate: _Gate):
    def script(call: Call) -> None:
        call.start()
        call.piece("first half")
        gate.wait(call)
        call.piece(", second half")
        call.end()

    return script


def _numbered(count: int) -> list[str]:
    from tests.upstream import texts  # noqa: PLC0415

    return texts.numbered(count).split()


def _stored_text(browser: Browser, conversation: str | None) -> str:
    """The last answer, as a page that is loaded now shows it."""
    page = browser.open(conversation)
    page.wait("messages")
    from tests.support.dom import visible_text  # noqa: PLC0415

    body = page.answer.html.partition('<div class="message__body')[2].partition("<footer")[0]
    return visible_text(f'<div class="message__body{body}').strip()
