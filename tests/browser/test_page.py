"""The page itself: its size on a phone, with a keyboard, by its names, and over the wire."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import Person, Tab
from tests.browser.scripts import saying
from tests.support.server import Server
from tests.upstream import Upstream

Meet = Callable[..., Person]

PHONE = {"width": 390, "height": 844}
_WORD = "W" * 400
_WIDE = {
    "a word without an end": _WORD,
    "a table with many columns": (
        f"|{'column |' * 20}\n|{'---|' * 20}\n|{'something |' * 20}\n| {_WORD} |\n"
    ),
    "long lines of code": f"```python\nprint('{_WORD}')\n```\n",
    "a long word of code in a sentence": f"Here it is: `{_WORD}`.",
    "a long formula": f"$${' + '.join(f'x_{{{number}}}' for number in range(80))}$$",
    "a long word in a list": f"- one\n  - {_WORD}\n",
    "a long address": f"https://example.org/{_WORD}",
}
# In document order, whatever is drawn and takes the focus.
_FOCUSABLE = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, [tabindex='0']")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled
    && !one.closest("select > button"))"""
_NAMED = "(one) => one.id || one.getAttribute('aria-label') || one.textContent.trim()"


def test_nothing_makes_a_phones_page_scroll_sideways(meet: Meet, liaobots: Upstream) -> None:
    tab = meet(viewport=PHONE).sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    liaobots.enqueue(saying("\n".join(_WIDE.values()), size=100))

    tab.ask(_WORD)

    expect(tab.words.locator(".block")).to_have_count(len(_WIDE))
    assert _sideways(tab) == {"page": 0, "transcript": 0}


def test_wide_things_scroll_in_themselves(meet: Meet, liaobots: Upstream) -> None:
    tab = meet(viewport=PHONE).sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    table, code = _WIDE["a table with many columns"], _WIDE["long lines of code"]
    liaobots.enqueue(saying(f"{table}\n{code}", size=100))

    tab.ask("wide things")

    for wide in (tab.words.locator(".table"), tab.words.locator("pre")):
        hidden = wide.evaluate("one => one.scrollWidth - one.clientWidth")
        assert hidden > 100
        assert wide.evaluate("one => getComputedStyle(one).overflowX") == "auto"


def test_at_twice_the_size_of_text_nothing_scrolls_sideways(meet: Meet) -> None:
    tab = meet(viewport={"width": 640, "height": 400}, device_scale_factor=2).sign_in(
        model="liaobots/gpt-4", auth_code="test-code-4321"
    )

    tab.ask("#default")

    assert _sideways(tab) == {"page": 0, "transcript": 0}
    expect(tab.message).to_be_in_viewport()


def test_on_a_phone_the_list_is_a_drawer(meet: Meet) -> None:
    tab = meet(viewport=PHONE).sign_in()
    expect(tab.conversations).to_be_hidden()

    tab.page.get_by_role("button", name="Conversations").click()

    expect(tab.conversations).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.conversations).to_be_hidden()


def test_the_tab_key_reaches_everything_in_the_order_of_the_page(
    meet: Meet, start_server: Callable[..., Server]
) -> None:
    # A server of its own: a list that goes on loads more of itself as it is reached.
    tab = meet(start_server()).sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    tab.ask("#code")
    expect(tab.conversations.locator("[data-live]")).to_have_count(0)
    all_ = tab.page.evaluate(f"() => ({_FOCUSABLE})().map({_NAMED})")
    tab.page.locator(".skip").focus()

    reached = []
    for _ in all_:
        reached.append(tab.page.evaluate(f"() => ({_NAMED})(document.activeElement)"))
        tab.page.keyboard.press("Tab")

    assert reached == all_
    for name in ("model", "Conversation", "Copy", "message", "Send"):
        assert name in reached


def test_the_focus_can_be_seen(tab: Tab) -> None:
    for place in (tab.send_button, tab.model, tab.auth_code, tab.log):
        tab.message.fill("something")
        place.focus()
        tab.page.keyboard.press("Shift+Tab")
        tab.page.keyboard.press("Tab")

        expect(place).to_be_focused()
        drawn = place.evaluate("one => getComputedStyle(one).outlineStyle")
        assert drawn != "none", place


def test_enter_sends_and_shift_enter_makes_a_line(tab: Tab) -> None:
    tab.message.press_sequentially("#echo one")
    tab.message.press("Shift+Enter")
    tab.message.press_sequentially("two")
    expect(tab.message).to_have_value("#echo one\ntwo")
    expect(tab.articles).to_have_count(0)

    tab.message.press("Enter")

    tab.expect_end()
    assert tab.questions.locator(".message__body").inner_text() == "#echo one\ntwo"
    expect(tab.message).to_be_focused()


def test_a_chat_goes_by_the_keyboard_alone(meet: Meet) -> None:
    tab = meet().sign_in()
    keys = tab.page.keyboard

    tab.model.focus()
    keys.press("Enter")
    keys.press("End")
    keys.press("Enter")
    expect(tab.model).to_have_value("liaobots/gpt-4")
    expect(tab.model).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(tab.code_field).to_be_focused()
    keys.type("test-keys-1234")
    keys.press("Enter")
    expect(tab.auth_code).to_have_accessible_name("Auth code (set)")
    expect(tab.auth_code).to_be_focused()
    for _ in ("the log", "three examples", "...", "...", "a file", "the message"):
        keys.press("Tab")
    expect(tab.message).to_be_focused()
    keys.type("#stall")
    keys.press("Enter")
    expect(tab.words).to_contain_text("This is all that")
    keys.press("Tab")
    expect(tab.stop_button).to_be_focused()
    keys.press("Enter")

    tab.expect_end("stopped")
    expect(tab.message).to_be_focused()


def test_the_names_that_people_and_tests_rely_on_are_there(tab: Tab) -> None:
    page = tab.page
    tab.ask("#echo named")
    tab.send("#stall")

    expect(page.get_by_role("log", name="Conversation", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    tab.stop_button.click()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Copy", exact=True)).to_have_count(2)
    expect(page.get_by_role("link", name="New chat", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_be_visible()
    expect(page.get_by_role("navigation", name="Conversations", exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_be_attached()
    tab.auth_code.click()
    expect(page.get_by_role("textbox", name="Auth code", exact=True)).to_be_visible()


def test_the_first_page_is_light(meet: Meet, start_server: Callable[..., Server]) -> None:
    person = meet(start_server())
    tab = person.sign_in()
    watched = person.context.new_cdp_session(tab.page)
    loaded: list[float] = []
    asked: list[str] = []
    watched.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    watched.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    watched.on("Network.webSocketCreated", lambda event: asked.append(event["url"]))
    watched.send("Network.enable")
    watched.send("Network.clearBrowserCache")

    tab.page.goto("/", wait_until="networkidle")
    tab.until(lambda: any(url.endswith("/socket") for url in asked))

    served = [url for url in asked if not url.startswith("data:")]
    assert len([url for url in served if not url.endswith("/socket")]) < 10, served
    assert all("127.0.0.1" in url for url in served)
    assert 8_000 < sum(loaded) < 60_000


def _sideways(tab: Tab) -> dict[str, int]:
    """How far page and transcript could be scrolled sideways."""
    hidden: dict[str, int] = tab.log.evaluate(
        """log => {
          const hidden = (one) => one.scrollWidth - one.clientWidth;
          return { page: hidden(document.scrollingElement), transcript: hidden(log) };
        }"""
    )
    return hidden
