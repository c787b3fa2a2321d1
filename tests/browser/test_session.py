"""Signing in, choosing a model, and the auth code: kept for this browser alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.person import Person, Tab
from tests.support.server import Server
from tests.upstream import Upstream

Meet = Callable[..., Person]

_LOCAL = "Small. Runs on this machine, costs nothing, and says odd things."


def test_opening_a_sign_in_link_signs_in_and_shows_a_new_chat(meet: Meet, server: Server) -> None:
    tab = meet().open(server.fresh_link())

    expect(tab.page).to_have_url(f"{server.url}/")
    expect(tab.page).to_have_title("Liaochat")
    expect(tab.page.get_by_role("heading", name="What is on your mind?")).to_be_visible()
    expect(tab.message).to_be_focused()
    expect(tab.articles).to_have_count(0)


def test_a_link_works_once_and_says_so_to_the_second(meet: Meet, server: Server) -> None:
    link = server.fresh_link()
    expect(meet().open(link).message).to_be_visible()
    second = meet()
    second.expects("410 (GONE)")

    tab = second.open(link)

    expect(tab.page.get_by_role("main")).to_contain_text("This sign-in link was used already")


def test_whoever_is_not_signed_in_is_told_how(meet: Meet) -> None:
    stranger = meet()
    stranger.expects("401 (UNAUTHORIZED)")

    tab = stranger.open()

    expect(tab.page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(tab.page.get_by_role("main")).to_contain_text("liaochat link")


def test_the_chooser_offers_the_models_and_says_which_need_an_auth_code(meet: Meet) -> None:
    tab = meet().sign_in()

    offered = [" ".join(text.split()) for text in tab.model.locator("option").all_text_contents()]

    assert offered == [
        f"SmolLM2 135M {_LOCAL}",
        "GPT-3.5 needs an auth code",
        "GPT-4 needs an auth code",
    ]
    groups = tab.model.locator("optgroup")
    assert [one.get_attribute("label") for one in groups.all()] == ["On this machine", "Liaobots"]


def test_a_model_without_its_auth_code_says_so_and_shows_the_way(meet: Meet) -> None:
    tab = meet().sign_in()

    tab.choose("GPT-4")

    expect(tab.page.get_by_text("GPT-4 needs an auth code.", exact=True)).to_be_visible()
    tab.page.get_by_role("button", name="Enter it").click()
    expect(tab.code_field).to_be_focused()


def test_an_auth_code_entered_in_the_panel_goes_to_liaobots(meet: Meet, liaobots: Upstream) -> None:
    tab = meet().sign_in()

    tab.use("GPT-4", "test-entered-in-the-panel")
    tab.ask("#echo Is this on?")

    expect(tab.words).to_have_text("#echo Is this on?")
    asked = next(one for one in reversed(liaobots.received) if "this on?" in one.last_message)
    assert asked.auth_code == "test-entered-in-the-panel"
    assert asked.body["model"]["id"] == "gpt-4"


def test_after_a_reload_model_and_code_are_there_the_code_by_its_end_alone(meet: Meet) -> None:
    tab = meet().sign_in()
    tab.use("GPT-4", "test-canary-9876")

    tab.page.reload()

    expect(tab.model).to_have_value("liaobots/gpt-4")
    tab.auth_code.click()
    expect(tab.panel).to_contain_text("Set, ends in …9876")
    assert "canary" not in tab.page.content()
    expect(tab.code_field).to_have_value("")


def test_the_panel_says_what_is_left_on_the_code_when_it_is_opened(meet: Meet) -> None:
    tab = meet().sign_in()
    tab.use("GPT-4", "test-balance-of-a-new-code")

    tab.auth_code.click()

    expect(tab.panel).to_contain_text("Balance 85.50 of 100")
    expect(tab.code_field).to_be_focused()


def test_an_auth_code_can_be_replaced_and_removed(meet: Meet) -> None:
    tab = meet().sign_in()
    tab.use("GPT-4", "test-first-1111")

    tab.auth_code.click()
    tab.code_field.fill("test-second-2222")
    tab.panel.get_by_role("button", name="Replace").click()
    expect(tab.auth_code).to_have_accessible_name("Auth code (set)")
    tab.auth_code.click()
    expect(tab.panel).to_contain_text("ends in …2222")
    tab.panel.get_by_role("button", name="Remove").click()

    expect(tab.auth_code).to_have_accessible_name("Auth code (not set)")
    tab.page.reload()
    expect(tab.auth_code).to_have_accessible_name("Auth code (not set)")


def test_what_cannot_be_a_code_is_refused_beside_its_field(meet: Meet) -> None:
    person = meet()
    person.expects("422 (UNPROCESSABLE ENTITY)")
    tab = person.sign_in()

    tab.enter("ключ")

    expect(tab.panel.get_by_role("alert")).to_contain_text("This is not an auth code")
    expect(tab.code_field).to_have_accessible_description(
        "It is kept encrypted on this server, for this browser only unless ticked, and never "
        "shown again. "
        "This is not an auth code: it may hold only visible ASCII characters, 512 at most. "
        "Copy it again."
    )


def test_another_browser_has_a_model_and_a_code_of_its_own(meet: Meet) -> None:
    tab, other = meet().sign_in(), meet().sign_in()

    tab.use("GPT-4", "test-mine-1234")
    other.page.reload()

    expect(other.model).to_have_value(re.compile("^local/"))
    expect(other.auth_code).to_have_accessible_name("Auth code (not set)")
    assert "1234" not in other.panel.inner_text()


def test_a_draft_stays_when_the_model_is_changed(tab: Tab) -> None:
    tab.message.fill("half a thought")

    tab.choose("GPT-3.5")

    expect(tab.message).to_have_value("half a thought")


def test_a_code_that_is_being_entered_outlives_a_slow_answer_to_the_choice(meet: Meet) -> None:
    tab = meet().sign_in()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route("**/session/model", hold)
    tab.model.select_option("liaobots/gpt-4")
    tab.auth_code.click()
    tab.code_field.press_sequentially("test-half")

    tab.until(lambda: held)[0].continue_()
    expect(tab.page.get_by_text("GPT-4 needs an auth code.", exact=True)).to_be_attached()
    tab.code_field.press_sequentially("-whole")
    expect(tab.code_field).to_have_value("test-half-whole")
    tab.code_field.press("Enter")

    expect(tab.auth_code).to_have_accessible_name("Auth code (set)")
    expect(tab.panel).to_be_hidden()


def test_a_code_is_sent_when_the_choice_before_it_was_answered(meet: Meet) -> None:
    tab = meet().sign_in()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for form in ("model", "auth-code"):
        tab.page.route(f"**/session/{form}", hold)
    tab.model.select_option("liaobots/gpt-4")
    tab.auth_code.click()
    tab.code_field.fill("test-code-4321")
    tab.code_field.press("Enter")
    tab.page.evaluate("() => new Promise(requestAnimationFrame)")
    # Sent together, the answer to the choice might come last, and say that there is no code.
    tab.until(lambda: held)
    (choice,) = held

    choice.continue_()
    expect(tab.page.get_by_text("GPT-4 needs an auth code.", exact=True)).to_be_attached()
    tab.until(lambda: len(held) == 2)
    held[1].continue_()

    expect(tab.auth_code).to_have_accessible_name("Auth code (set)")
    expect(tab.panel).to_be_hidden()
    expect(tab.auth_code).to_be_focused()


@pytest.mark.parametrize("late", ["session/model", "js/session.js*"], ids=["choice", "script"])
def test_a_message_sent_right_after_a_choice_goes_to_the_chosen_model(
    meet: Meet, late: str
) -> None:
    tab = meet().sign_in(model="liaobots/gpt-3.5-turbo", auth_code="test-code-4321")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route(f"**/{late}", hold)
    tab.model.select_option("liaobots/gpt-4")
    tab.send("#echo which model is this?")
    expect(tab.questions).to_have_attribute("data-state", "pending")

    tab.until(lambda: held)[0].continue_()

    tab.expect_end()
    expect(tab.answer.locator(".message__model")).to_have_text("GPT-4")


def test_names_of_any_length_stay_within_the_menu_and_the_settings(
    meet: Callable[..., Person], start_server: Callable[..., Server], tmp_path: Path
) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        f'[[providers]]\nid = "long"\nname = "{"N" * 100}"\nurl = "http://127.0.0.1:9/v1"\n'
        f'[[models]]\nprovider = "long"\nid = "wide"\nname = "{"W" * 100}"\n',
        "utf-8",
    )
    phone = {"width": 390, "height": 780}
    tab = meet(start_server(models_file=str(file)), viewport=phone).sign_in()

    tab.model.click()

    name = tab.model.locator("option .picker__name", has_text="WWW")
    expect(name).to_be_visible()
    box = name.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= phone["width"]
    tab.page.goto(f"{tab.person.server.url}/team/settings")
    assert tab.page.evaluate("document.documentElement.scrollWidth") == phone["width"]


def test_who_asks_a_model_that_vanished_is_told_and_finds_those_of_now(
    meet: Callable[..., Person], start_server: Callable[..., Server], tmp_path: Path
) -> None:
    file = tmp_path / "models.toml"
    file.write_text('[[models]]\nid = "old"\nname = "Old"\n', "utf-8")
    person = meet(start_server(models_file=str(file)))
    tab = person.sign_in(model="liaobots/old", auth_code="test-code-4321")
    expect(tab.model).to_have_value("liaobots/old")
    file.write_text('[[models]]\nid = "new"\nname = "New"\n', "utf-8")
    home = f"{person.server.url}/"
    tab.until(lambda: "liaobots/new" in person.context.request.get(home).text())

    tab.send("hello?")

    expect(tab.alert).to_have_text("This model is not offered any more. Choose another one.")
    expect(tab.message).to_have_value("hello?")
    expect(tab.model.locator("option:checked")).to_have_text("Choose a model")
    tab.choose("New")
