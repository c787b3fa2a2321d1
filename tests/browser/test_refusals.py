"""A message that is refused: the sentence stands by the box, and the draft stays in it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Route, WebSocketRoute, expect

from tests.browser.person import Person, Tab
from tests.upstream import Upstream

Meet = Callable[..., Person]


@pytest.mark.parametrize("nothing", ["", "   \n\n "])
def test_send_does_nothing_where_nothing_is_written(tab: Tab, nothing: str) -> None:
    tab.message.fill(nothing)

    tab.send_button.click()

    expect(tab.articles).to_have_count(0)
    expect(tab.alert).to_be_empty()
    expect(tab.message).to_have_value(nothing)


def test_a_message_that_is_too_long_is_refused_with_both_lengths(tab: Tab) -> None:
    text = "🙂" * 24_001

    tab.send(text)

    expect(tab.alert).to_have_text(
        "The message has 24,001 characters; GPT-4 takes 24,000 at most. Shorten it."
    )
    expect(tab.message).to_have_value(text)
    expect(tab.page.get_by_text("24,001 of 24,000 characters")).to_be_visible()
    expect(tab.articles).to_have_count(0)


def test_a_message_without_an_auth_code_is_refused_until_there_is_one(meet: Meet) -> None:
    tab = meet().sign_in()
    tab.choose("GPT-4")

    tab.send("#echo hello")

    expect(tab.alert).to_have_text("GPT-4 needs a Liaobots auth code. Enter one under “Auth code”.")
    expect(tab.message).to_have_value("#echo hello")
    tab.enter("test-code-4321")
    expect(tab.auth_code).to_have_accessible_name("Auth code (set)")
    tab.message.press("Enter")
    expect(tab.words).to_have_text("#echo hello")
    expect(tab.alert).to_be_empty()


def _withdraw_model(tab: Tab) -> None:
    """Let the model of the session be one that is not offered."""
    with closing(sqlite3.connect(tab.person.server.data_dir / "liaochat.db")) as database:
        database.execute(
            "UPDATE browser_sessions SET model = 'liaobots/gone' WHERE id_hash = ?",
            [tab.person.session_hash],
        )
        database.commit()


def test_a_choice_is_sent_when_the_menu_before_it_has_come(tab: Tab) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for address in ("", "/model"):
        tab.page.route(f"**/session{address}", hold)
    _withdraw_model(tab)
    tab.send("is anybody there?")
    expect(tab.alert).to_have_text("This model is not offered any more. Choose another one.")
    tab.until(lambda: held)

    tab.model.select_option("liaobots/gpt-4")
    tab.page.evaluate("() => new Promise(requestAnimationFrame)")
    # Sent together, the menu might come last, and say that none is chosen.
    (menu,) = held
    menu.continue_()
    tab.until(lambda: len(held) == 2)
    held[1].continue_()

    expect(tab.alert).to_be_empty()
    expect(tab.model).to_have_value("liaobots/gpt-4")


def test_a_message_to_a_model_that_is_not_offered_any_more_is_refused(tab: Tab) -> None:
    _withdraw_model(tab)

    tab.send("is anybody there?")

    expect(tab.model).to_have_value("")  # the menu was brought up to date
    expect(tab.alert).to_have_text("This model is not offered any more. Choose another one.")
    expect(tab.message).to_have_value("is anybody there?")
    tab.page.reload()
    expect(tab.model).to_have_value("")
    expect(tab.message).to_have_value("is anybody there?")


def test_a_message_that_no_frame_can_carry_comes_back(tab: Tab) -> None:
    def refuse(page: WebSocketRoute) -> None:
        page.on_message(lambda _: page.close(code=1009, reason="too large"))

    tab.page.route_web_socket("**/socket", refuse)
    tab.page.reload()

    tab.send("far too much")

    expect(tab.alert).to_have_text("This message is too large to send. Shorten it.")
    expect(tab.message).to_have_value("far too much")
    expect(tab.articles).to_have_count(0)


def test_a_reload_before_the_first_message_was_accepted_leads_to_its_conversation(
    tab: Tab, liaobots: Upstream
) -> None:
    deaf = _Deafness()
    tab.page.route_web_socket("**/socket", deaf.listen)
    tab.page.reload()
    deaf.on = True
    calls = len(liaobots.received)
    tab.send("#echo where did I go?")
    tab.until(lambda: len(liaobots.received) > calls)
    assert "/c/" not in tab.page.url

    deaf.on = False
    tab.page.reload()

    expect(tab.page).to_have_url(re.compile("/c/"))
    tab.expect_end()
    expect(tab.questions).to_have_count(1)
    expect(tab.message).to_be_empty()


def test_a_stale_tab_is_refused_shown_what_is_new_and_keeps_its_draft(
    tab: Tab, liaobots: Upstream
) -> None:
    deaf = _Deafness()
    tab.ask("#echo one")
    stale = Tab(tab.person)
    stale.page.route_web_socket("**/socket", deaf.listen)
    stale.page.goto(tab.page.url)
    expect(stale.answers).to_have_count(1)
    deaf.on = True
    tab.ask("#echo two")
    calls = len(liaobots.received)
    expect(stale.answers).to_have_count(1)

    deaf.on = False
    stale.send("from the stale tab")

    expect(stale.alert).to_have_text(
        "This conversation went on elsewhere. Look at what is new, then send again."
    )
    expect(stale.message).to_have_value("from the stale tab")
    expect(stale.answers).to_have_count(2)
    expect(stale.words).to_have_text("#echo two")
    assert len(liaobots.received) == calls
    stale.message.press("Enter")
    expect(stale.answers).to_have_count(3)


def test_a_stale_page_without_scripts_is_refused_and_keeps_its_draft(meet: Meet) -> None:
    person = meet()
    tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    tab.ask("#echo one")
    plain = meet(java_script_enabled=False, storage_state=person.context.storage_state())
    plain.expects("409 (CONFLICT)")
    stale = plain.open(tab.page.url)
    tab.ask("#echo two")

    stale.message.fill("from the stale page")
    stale.send_button.click()

    expect(stale.alert).to_contain_text("This conversation went on elsewhere.")
    expect(stale.message).to_have_value("from the stale page")
    expect(stale.answers).to_have_count(2)


class _Deafness:
    """A socket between page and server that can lose what the server says."""

    def __init__(self) -> None:
        self.on = False

    def listen(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(server.send)

        def from_server(frame: str | bytes) -> None:
            if not self.on or json.loads(frame)["type"] == "list":
                page.send(frame)

        server.on_message(from_server)
