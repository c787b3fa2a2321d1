"""Search as one types, with the keyboard and a thumb, and the way to what was found."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.person import Person, Tab
from tests.support.listed import newcomer
from tests.support.past import Past, held
from tests.support.server import Server

Meet = Callable[..., Person]

PHONE = {"width": 390, "height": 844}
_HIGHLIGHTED = """() => [...(CSS.highlights.get("found") ?? [])].map(String)"""


class Searcher:
    """A person who looks for something in their own past."""

    def __init__(self, server: Server, meet: Meet) -> None:
        self._server = server
        self._meet = meet
        self.user_id, self._link = newcomer(server)

    def said(self, *texts: str, title: str = "A talk") -> Past:
        return held(self._server, texts, title=title, owner_id=self.user_id)

    def comes(self, **options: object) -> Tab:
        person = self._meet(**options)
        tab = person.open(self._link)
        expect(tab.message).to_be_visible()
        return tab


@pytest.fixture
def me(server: Server, meet: Meet) -> Searcher:
    return Searcher(server, meet)


def _field(tab: Tab) -> Locator:
    return tab.page.get_by_role("searchbox", name="Search in titles and messages")


def _results(tab: Tab) -> Locator:
    return tab.conversations.locator(".result")


def _list(tab: Tab) -> Locator:
    return tab.conversations.locator(".sidebar__list")


def test_what_is_found_stands_in_place_of_the_list_while_one_types(me: Searcher) -> None:
    me.said("Why is the sky blue?", "Because of Rayleigh.", title="Colours")
    me.said("What is a monad?", title="Monads")
    tab = me.comes()

    _field(tab).press_sequentially("sk")
    expect(_results(tab)).to_have_count(1)
    _field(tab).press_sequentially("y")

    expect(_results(tab)).to_contain_text(["Why is the sky blue?"])
    expect(_results(tab).locator("mark")).to_have_text(["sky"])
    expect(_list(tab)).to_be_hidden()
    expect(tab.status).to_have_text("1 found")
    _field(tab).fill("")
    expect(_list(tab)).to_be_visible()
    expect(_results(tab)).to_have_count(0)


def test_a_hit_leads_to_the_message_and_the_word_is_seen_in_it(me: Searcher) -> None:
    filler = [f"Something else, number {number}.\n\n" + "More of it. " * 80 for number in range(80)]
    long = "Far above it.\n\n" * 60 + "Here is the **needle** of it.\n\n" + "Far below it.\n\n" * 60
    past = me.said(*filler[:21], long, *filler[21:])
    tab = me.comes()

    _field(tab).fill("needle")
    _results(tab).get_by_role("button").click()

    expect(tab.page).to_have_url(re.compile(f"/c/{past.id}.*#message-{past.messages[21]}$"))
    found = tab.page.locator(f"#message-{past.messages[21]}").get_by_text("needle")
    expect(found).to_be_in_viewport()
    tab.until(lambda: tab.page.evaluate(_HIGHLIGHTED) == ["needle"])


def test_a_title_leads_to_its_conversation(me: Searcher) -> None:
    past = me.said("hello", title="Die Übersicht")
    tab = me.comes()

    _field(tab).fill("übers")
    _results(tab).get_by_role("link", name="Die Übersicht").click()

    expect(tab.page).to_have_url(re.compile(f"/c/{past.id}$"))


def test_chinese_and_japanese_are_found_by_two_characters(me: Searcher) -> None:
    me.said("我们今天学习数据库", "日本語のテキストを検索する")
    tab = me.comes()

    for typed in ("学习", "検索"):
        _field(tab).fill(typed)
        expect(_results(tab).locator("mark")).to_have_text([typed])


def test_the_keyboard_alone_finds_and_opens(me: Searcher) -> None:
    past = me.said("the first word", "the second word")
    tab = me.comes()
    keys = tab.page.keyboard
    expect(tab.message).to_be_focused()

    keys.press("Control+k")
    expect(_field(tab)).to_be_focused()
    keys.type("word")
    expect(_results(tab).locator("mark")).to_have_text(["word", "word"])
    stops = [
        _results(tab).get_by_role("link"),
        _results(tab).get_by_role("button").first,
        _results(tab).get_by_role("button").last,
    ]
    for stop in stops:
        keys.press("ArrowDown")
        expect(stop).to_be_focused()
    for _ in stops:
        keys.press("ArrowUp")
    expect(_field(tab)).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Escape")
    expect(_field(tab)).to_be_focused()
    expect(_field(tab)).to_have_value("")
    expect(_list(tab)).to_be_visible()
    keys.type("second")
    expect(_results(tab).get_by_role("button")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")

    expect(tab.page).to_have_url(re.compile(f"#message-{past.messages[1]}$"))


def test_enter_opens_a_page_of_what_was_found(me: Searcher) -> None:
    me.said("a word")
    tab = me.comes()

    _field(tab).fill("word")
    _field(tab).press("Enter")

    expect(tab.page).to_have_url(re.compile(r"/search\?q=word$"))
    expect(tab.page.get_by_role("main").locator("mark")).to_have_text(["word"])
    expect(_field(tab)).to_have_value("word")


def test_more_is_shown_where_there_is_more(me: Searcher) -> None:
    me.said(*(f"word {number}" for number in range(30)))
    tab = me.comes()
    _field(tab).fill("word")
    expect(_results(tab).get_by_role("button")).to_have_count(20)

    tab.conversations.get_by_role("link", name="Show more").click()

    expect(_results(tab).get_by_role("button")).to_have_count(30)
    expect(tab.conversations.get_by_role("link", name="Show more")).to_have_count(0)


def test_what_was_asked_before_is_not_waited_for(me: Searcher) -> None:
    me.said("the sky", "the sea")
    tab = me.comes()
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    tab.page.route("**/search?q=sky", hold)
    _field(tab).fill("sky")
    tab.until(lambda: waiting)

    with tab.page.expect_event("requestfailed") as given_up:
        _field(tab).fill("sea")

    assert given_up.value.url.endswith("q=sky")
    expect(_results(tab).locator("mark")).to_have_text(["sea"])


def test_a_server_that_cannot_be_reached_is_said(me: Searcher) -> None:
    tab = me.comes()
    tab.person.expects("Failed to load resource")
    tab.page.route("**/search?*", lambda route: route.abort())

    _field(tab).fill("sky")

    expect(tab.conversations).to_contain_text("The server cannot be reached. Try again.")
    expect(tab.status).to_have_text("The server cannot be reached. Try again.")


def test_on_a_phone_the_search_is_in_the_drawer(me: Searcher) -> None:
    me.said("W" * 300 + " word", title="T" * 200)
    tab = me.comes(viewport=PHONE, has_touch=True)

    tab.page.get_by_role("button", name="Conversations").click()
    _field(tab).fill("word")
    expect(_results(tab).get_by_role("button")).to_have_count(1)

    for one in (_field(tab), _results(tab).get_by_role("button")):
        box = one.bounding_box()
        assert box
        assert box["height"] >= 44
    wide = tab.conversations.locator(".search__results").evaluate(
        "one => one.scrollWidth - one.clientWidth"
    )
    assert wide <= 0
    _field(tab).press("Escape")
    expect(tab.conversations).to_be_visible()
    expect(_list(tab)).to_be_visible()


def test_without_a_script_it_is_a_form(me: Searcher) -> None:
    past = me.said("Why is the sky blue?")
    scripted = me.comes()
    state = scripted.person.context.storage_state()
    tab = me._meet(java_script_enabled=False, storage_state=state).open("/")  # noqa: SLF001

    _field(tab).fill("sky")
    _field(tab).press("Enter")
    tab.page.locator(".result").get_by_role("button").click()

    expect(tab.page).to_have_url(re.compile(f"#message-{past.messages[0]}$"))
    expect(tab.questions).to_have_text([re.compile("Why is the sky blue")])
