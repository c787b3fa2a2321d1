"""Templates that a slash offers, their variables, and chats that begin with a preset."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.person import Person, Tab
from tests.support.server import Server
from tests.upstream import Upstream

Meet = Callable[..., Person]

PHONE = {"width": 390, "height": 844}
_LONG = "Line of a long template, with “quotes” and 文字.\n" * 2000


@pytest.fixture
def tab(meet: Meet, server: Server) -> Tab:
    return _arrive(meet(), server)


def _arrive(person: Person, server: Server) -> Tab:
    """Come as somebody with a few templates of their own, and a new chat."""
    tab = Tab(person)
    tab.page.goto(server.link_of_a_newcomer())
    expect(tab.message).to_be_visible()
    person._post("/session/model", model="liaobots/gpt-4")  # noqa: SLF001 - beside the page
    person._post("/session/auth-code", auth_code="test-code-4321")  # noqa: SLF001
    _keep(person, "Greeting", "Dear team,\n\nall is well.")
    _keep(person, "Grocery list", "Milk\nand honey")
    _keep(person, "Translate", "Say “{{text}}” in {{ language }}, {{text}}!")
    tab.page.reload()
    return tab


def _keep(person: Person, name: str, text: str) -> None:
    person._post("/prompts", name=name, text=text)  # noqa: SLF001 - beside the page


def _menu(tab: Tab) -> Locator:
    return tab.page.get_by_role("listbox", name="Prompt templates")


def _options(tab: Tab) -> Locator:
    return _menu(tab).get_by_role("option").locator(".offer__name")


def _meant(tab: Tab) -> Locator:
    return _menu(tab).get_by_role("option", selected=True)


def _dialog(tab: Tab) -> Locator:
    return tab.page.get_by_role("dialog", name="Translate")


def test_a_template_is_found_and_inserted_with_the_keyboard(tab: Tab) -> None:
    tab.message.press_sequentially("/g")
    expect(_options(tab)).to_have_text(["Greeting", "Grocery list"])
    tab.message.press("ArrowDown")
    expect(_meant(tab)).to_contain_text("Grocery list")
    tab.message.press("ArrowDown")
    expect(_meant(tab)).to_contain_text("Greeting")
    tab.message.press("ArrowUp")
    expect(_meant(tab)).to_contain_text("Grocery list")

    tab.message.press("Enter")

    expect(tab.message).to_have_value("Milk\nand honey")
    expect(tab.message).to_be_focused()
    expect(_menu(tab)).to_have_count(0)
    expect(tab.articles).to_have_count(0)
    tab.message.press_sequentially(" and bread")
    expect(tab.message).to_have_value("Milk\nand honey and bread")


def test_it_is_inserted_at_the_beginning_of_a_line_and_can_be_undone(tab: Tab) -> None:
    tab.message.press_sequentially("First:")
    tab.message.press("Shift+Enter")
    tab.message.press_sequentially("/gre")
    expect(_options(tab)).to_have_text(["Greeting"])

    tab.message.press("Tab")
    expect(tab.message).to_have_value("First:\nDear team,\n\nall is well.")
    tab.message.press("Control+z")

    expect(tab.message).to_have_value("First:\n/gre")
    expect(tab.message).to_be_focused()
    expect(_menu(tab)).to_have_count(0)
    tab.message.press("Control+Shift+z")
    expect(tab.message).to_have_value("First:\nDear team,\n\nall is well.")


def test_what_was_inserted_is_a_draft_like_what_was_typed(tab: Tab) -> None:
    tab.message.press_sequentially("/gre")
    expect(_options(tab)).to_have_count(1)
    tab.message.press("Enter")
    expect(tab.message).to_have_value("Dear team,\n\nall is well.")

    tab.page.reload()

    expect(tab.message).to_have_value("Dear team,\n\nall is well.")


def test_a_slash_that_matches_nothing_is_sent_as_it_is(tab: Tab, liaobots: Upstream) -> None:
    tab.message.press_sequentially("/gxx")
    expect(_menu(tab)).to_have_count(0)

    tab.message.press("Enter")

    tab.expect_end()
    assert liaobots.received[-1].last_message == "/gxx"


@pytest.mark.parametrize("typed", ["/gxx", "/usr is full"])
@pytest.mark.parametrize("arrives", [True, False], ids=["slow", "missing"])
def test_enter_is_not_lost_while_the_menu_is_loaded(
    tab: Tab, liaobots: Upstream, typed: str, *, arrives: bool
) -> None:
    held: list[Route] = []
    tab.person.expects("prompts.js")
    tab.person.expects("net::ERR_")
    tab.page.route("**/js/prompts.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given

    tab.message.press_sequentially(typed)
    tab.message.press("Enter")
    tab.until(lambda: bool(held))
    if arrives:
        held[0].continue_()
    else:
        held[0].abort()

    tab.expect_end()
    assert liaobots.received[-1].last_message == typed


def test_escape_closes_the_menu_and_enter_sends_the_word(tab: Tab, liaobots: Upstream) -> None:
    tab.message.press_sequentially("/gre")
    expect(_options(tab)).to_have_count(1)

    tab.message.press("Escape")
    expect(_menu(tab)).to_have_count(0)
    tab.message.press_sequentially("e")
    expect(tab.message).to_be_focused()
    tab.message.press("Enter")

    tab.expect_end()
    assert liaobots.received[-1].last_message == "/gree"


def test_who_types_faster_than_the_menu_comes_gets_the_template(tab: Tab) -> None:
    held: list[Route] = []
    tab.message.press_sequentially("/")
    expect(_options(tab)).to_have_count(3)
    tab.page.route("**/prompts/menu*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given

    tab.message.press_sequentially("gro")
    tab.message.press("Enter")
    tab.until(lambda: held and unquote(held[-1].request.url).endswith("q=gro"))
    expect(tab.articles).to_have_count(0)
    held[-1].continue_()

    expect(tab.message).to_have_value("Milk\nand honey")
    expect(tab.articles).to_have_count(0)


def test_who_types_faster_than_nothing_is_found_sends(tab: Tab, liaobots: Upstream) -> None:
    held: list[Route] = []
    tab.message.press_sequentially("/")
    expect(_options(tab)).to_have_count(3)
    tab.page.route("**/prompts/menu*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given

    tab.message.press_sequentially("usr")
    tab.message.press("Enter")
    tab.until(lambda: held and unquote(held[-1].request.url).endswith("q=usr"))
    held[-1].continue_()

    tab.expect_end()
    assert liaobots.received[-1].last_message == "/usr"


def test_a_slash_inside_a_line_or_a_paste_asks_for_nothing(tab: Tab) -> None:
    tab.message.press_sequentially("/")
    expect(_options(tab)).to_have_count(3)
    tab.message.press("Backspace")
    asked = len(_asked(tab))

    tab.message.press_sequentially("and/or g")
    tab.message.fill("")
    tab.message.evaluate(
        """box => {
          box.focus();
          const text = new DataTransfer();
          text.setData("text/plain", "/g");
          document.execCommand("insertText", false, "/g");
          box.value = "/g";
          box.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste" }));
        }"""
    )

    expect(_menu(tab)).to_have_count(0)
    assert len(_asked(tab)) - asked <= 1


def test_each_variable_is_asked_for_once_in_its_order(tab: Tab) -> None:
    tab.message.press_sequentially("/tr")
    expect(_options(tab)).to_have_text(["Translate"])
    tab.message.press("Enter")
    expect(_dialog(tab).get_by_role("textbox")).to_have_count(2)
    expect(_dialog(tab).get_by_label("text", exact=True)).to_be_focused()

    tab.page.keyboard.type("{{language}} $& good")
    tab.page.keyboard.press("Enter")
    expect(_dialog(tab).get_by_label("language", exact=True)).to_be_focused()
    tab.page.keyboard.type("Welsh")
    expect(_dialog(tab).get_by_role("group", name="Text")).to_have_text(
        "Say “{{language}} $& good” in Welsh, {{language}} $& good!"
    )
    tab.page.keyboard.press("Enter")

    expect(tab.message).to_have_value("Say “{{language}} $& good” in Welsh, {{language}} $& good!")
    expect(tab.message).to_be_focused()
    expect(_dialog(tab)).to_have_count(0)
    expect(tab.articles).to_have_count(0)
    tab.message.press("Control+z")
    expect(tab.message).to_have_value("/tr")


def test_a_variable_that_is_left_empty_stays_as_it_is_written(tab: Tab) -> None:
    tab.message.press_sequentially("/tr")
    expect(_options(tab)).to_have_count(1)
    tab.message.press("Enter")
    _dialog(tab).get_by_label("text", exact=True).fill("good\nmorning")

    _dialog(tab).get_by_role("button", name="Insert").click()

    expect(tab.message).to_have_value("Say “good\nmorning” in {{ language }}, good\nmorning!")


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_who_gives_up_the_dialog_has_what_they_typed(tab: Tab, way: str) -> None:
    tab.message.press_sequentially("/tr")
    expect(_options(tab)).to_have_count(1)
    tab.message.press("Enter")
    _dialog(tab).get_by_label("text", exact=True).fill("something")

    if way == "Escape":
        tab.page.keyboard.press("Escape")
    else:
        _dialog(tab).get_by_role("button", name="Cancel").click()

    expect(_dialog(tab)).to_have_count(0)
    expect(tab.message).to_have_value("/tr")
    expect(tab.message).to_be_focused()
    tab.message.press_sequentially("a")
    expect(_options(tab)).to_have_text(["Translate"])


def test_it_all_goes_by_touch_on_a_phone(meet: Meet, server: Server) -> None:
    tab = _arrive(meet(viewport=PHONE, has_touch=True, is_mobile=True), server)
    tab.message.tap()
    tab.message.press_sequentially("/")
    expect(_options(tab)).to_have_count(3)
    for option in _menu(tab).get_by_role("option").all():
        box = option.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        expect(option).to_be_in_viewport(ratio=1)

    _menu(tab).get_by_role("option", name="Translate").tap()
    fields = _dialog(tab).get_by_role("textbox")
    fields.first.fill("yes")
    fields.last.tap()
    fields.last.fill("Irish")
    _dialog(tab).get_by_role("button", name="Insert").tap()

    expect(tab.message).to_have_value("Say “yes” in Irish, yes!")
    expect(tab.message).to_be_focused()
    assert tab.page.evaluate("document.scrollingElement.scrollWidth") == 390


def test_a_click_chooses_and_elsewhere_closes(tab: Tab) -> None:
    tab.message.press_sequentially("/gr")
    expect(_options(tab)).to_have_count(2)
    tab.page.get_by_role("heading", name="What is on your mind?").click()
    expect(_menu(tab)).to_have_count(0)
    expect(tab.message).to_have_value("/gr")

    tab.message.press_sequentially("o")
    _menu(tab).get_by_role("option", name="Grocery list").click()

    expect(tab.message).to_have_value("Milk\nand honey")
    expect(tab.message).to_be_focused()


def test_words_that_are_being_composed_are_left_alone(tab: Tab) -> None:
    tab.message.press_sequentially("/gr")
    expect(_options(tab)).to_have_count(2)
    composing = tab.person.context.new_cdp_session(tab.page)

    composing.send(
        "Input.imeSetComposition", {"text": "ee", "selectionStart": 2, "selectionEnd": 2}
    )
    expect(_options(tab)).to_have_text(["Greeting"])
    kept = tab.message.evaluate(
        """box => ["Enter", "Tab", "ArrowDown", "Escape"].map((key) => box.dispatchEvent(
          new KeyboardEvent("keydown", { key, isComposing: true, cancelable: true })))"""
    )
    assert kept == [True] * 4
    expect(_options(tab)).to_have_text(["Greeting"])
    composing.send("Input.insertText", {"text": "eet"})

    expect(tab.message).to_have_value("/greet")
    expect(_meant(tab)).to_contain_text("Greeting")
    tab.message.press("Enter")
    expect(tab.message).to_have_value("Dear team,\n\nall is well.")


def test_a_screen_reader_is_told_what_enter_would_take(tab: Tab) -> None:
    tab.message.press_sequentially("/g")
    expect(_options(tab)).to_have_count(2)

    first, second = _menu(tab).get_by_role("option").all()
    expect(first).to_have_accessible_name(re.compile(r"Greeting\s+Dear team,"))
    expect(tab.message).to_have_attribute("aria-controls", "prompt-menu")
    assert _menu(tab).get_attribute("id") == "prompt-menu"
    expect(tab.message).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
    tab.message.press("ArrowDown")
    expect(tab.message).to_have_attribute("aria-activedescendant", second.get_attribute("id") or "")
    tab.message.press("Escape")
    for name in ("aria-controls", "aria-activedescendant"):
        assert tab.message.get_attribute(name) is None


def test_a_long_template_is_there_at_once(tab: Tab) -> None:
    _keep(tab.person, "Long", _LONG)
    tab.message.press_sequentially("/long")
    expect(_options(tab)).to_have_text(["Long"])

    began = tab.page.evaluate("performance.now()")
    tab.message.press("Enter")
    expect(tab.message).to_have_value(_LONG)
    took = tab.page.evaluate("performance.now()") - began
    tab.message.press("Control+z")

    expect(tab.message).to_have_value("/long")
    assert took < 5000


def test_nothing_of_it_is_loaded_before_the_first_slash(tab: Tab) -> None:
    def loaded() -> list[str]:
        scripts = ("prompts.js", "listbox.js", "template.js")
        return [one.url for one in tab.person.requests if one.url.endswith(scripts)]

    tab.message.press_sequentially("and/or")
    assert loaded() == []

    tab.message.fill("")
    tab.message.press_sequentially("/")
    expect(_options(tab)).to_have_count(3)
    assert len(loaded()) == 3


def test_templates_are_made_without_a_script(meet: Meet, server: Server) -> None:
    tab = Tab(meet(java_script_enabled=False))
    tab.page.goto(server.link_of_a_newcomer())
    tab.page.get_by_role("button", name="Sign in").click()
    page = tab.page

    page.get_by_role("link", name="Prompts").click()
    page.get_by_role("link", name="New template").click()
    page.get_by_label("Name").fill("By hand")
    page.get_by_label("Text", exact=True).fill("Written {{how}}")
    page.get_by_label("Share with the team").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listitem")).to_contain_text("Written {{how}}")
    page.get_by_role("link", name="By hand").click()
    expect(page.get_by_label("Share with the team")).to_be_checked()
    page.get_by_role("button", name="Delete").click()
    page.locator("#delete").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("link", name="By hand")).to_have_count(0)


def test_a_chat_begins_with_a_preset(tab: Tab, liaobots: Upstream) -> None:
    page = tab.page
    page.get_by_role("link", name="Prompts").click()
    page.get_by_role("link", name="New preset").click()
    page.get_by_label("Name").fill("Poet")
    page.get_by_label("Model").select_option("liaobots/gpt-3.5-turbo")
    page.get_by_label("Instructions").fill("Answer in verse.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Back to Liaochat").click()

    page.get_by_role("group", name="Presets").get_by_role("button", name="Poet").click()

    expect(tab.model).to_have_value("liaobots/gpt-3.5-turbo")
    expect(page).to_have_url(re.compile(r"/\?preset=[0-9a-f]{32}$"))
    tab.ask("#echo a question")
    sent = liaobots.received[-1].body
    assert (sent["prompt"], sent["model"]["id"]) == ("Answer in verse.", "gpt-3.5-turbo")
    page.get_by_role("button", name="More").first.click()
    page.get_by_role("link", name="Save as preset").click()
    expect(page.get_by_label("Instructions")).to_have_value("Answer in verse.")
    expect(page.get_by_label("Model")).to_have_value("liaobots/gpt-3.5-turbo")


def _asked(tab: Tab) -> list[str]:
    return [one.url for one in tab.person.requests if "/prompts/menu" in one.url]
