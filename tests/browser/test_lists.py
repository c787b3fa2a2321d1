"""The list at the side, folders and many at once, with the mouse, the keyboard and a thumb."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, WebSocket, expect

from tests.browser.person import Person, Tab
from tests.support.listed import listed, newcomer
from tests.support.server import Server
from tests.support.timing import in_time

Meet = Callable[..., Person]
Have = Callable[..., Sequence[str]]

PHONE = {"width": 390, "height": 844}
_LONG_TASKS = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longTasks.push(task.duration);
  }).observe({ type: "longtask" });
}"""

_LOSE_SOCKETS = """() => {
  window.sockets = WebSocket;
  window.WebSocket = class { close() {} };
  dispatchEvent(new Event("offline"));
}"""
_FIND_SOCKETS = """() => {
  window.WebSocket = sockets;
  dispatchEvent(new Event("online"));
}"""


class Somebody:
    """A person with lists of their own, and what they open."""

    def __init__(self, server: Server, meet: Meet) -> None:
        self._meet = meet
        self.user_id, link = newcomer(server)
        self.have: Have = partial(listed, server, owner_id=self.user_id)
        self.person = meet()
        self.person.open(link)
        expect(self.person.context.pages[0].get_by_role("textbox", name="Message")).to_be_visible()

    def opens(self, address: str = "/", person: Person | None = None) -> Tab:
        """Open a page, and wait until it would hear of news."""
        tab = Tab(person or self.person)
        heard: list[object] = []

        def hear(frame: object) -> None:
            heard.append(frame)

        def listen(socket: WebSocket) -> None:
            socket.on("framereceived", hear)

        tab.page.on("websocket", listen)
        tab.page.goto(address)
        tab.until(lambda: heard)
        return tab

    def elsewhere(self, address: str = "/", **options: Any) -> Tab:
        """Open it in another browser that they are signed in with."""
        state = self.person.context.storage_state()
        person = self._meet(storage_state=state, **options)
        scripts = options.get("java_script_enabled", True)
        return self.opens(address, person) if scripts else person.open(address)

    def does(self, path: str, **fields: str) -> None:
        """Do what a form does, without looking at a page."""
        self.person._post(path, **fields)  # noqa: SLF001 - as the other tests do


@pytest.fixture
def me(server: Server, meet: Meet) -> Somebody:
    return Somebody(server, meet)


def _entry(tab: Tab, conversation: str) -> Locator:
    return tab.conversations.locator(f"[data-conversation='{conversation}']")


def _folder(tab: Tab, name: str) -> Locator:
    return tab.conversations.locator(".folder").filter(
        has=tab.page.locator(".folder__name", has_text=re.compile(f"^{name}$"))
    )


def _open_menu(tab: Tab) -> Locator:
    tab.page.locator(".topbar__more").click()
    return tab.page.locator(".menu--conversation")


def _drag(tab: Tab, what: Locator, onto: Locator) -> None:
    """Drag as a person does, who lets go when the place shows that it takes it."""
    what.hover()
    tab.page.mouse.down()
    box = onto.bounding_box()
    assert box
    x, y = box["x"] + 20, box["y"] + 10
    shown = False
    while not shown:
        tab.page.mouse.move(x := x + 1, y)
        shown = "takes" in (onto.get_attribute("class") or "").split()
    tab.page.mouse.move(x + 1, y)
    tab.page.mouse.up()


def _listed(tab: Tab) -> Sequence[str]:
    ids: list[str] = tab.conversations.locator(".entry").evaluate_all(
        "all => all.map((one) => one.dataset.conversation)"
    )
    return ids


def _scroll_through(tab: Tab, count: int) -> None:
    """Go down the list until there is no more of it: more comes whenever its end is near."""
    scroller = tab.page.locator(".sidebar__list")

    def further() -> bool:
        scroller.evaluate("one => { one.scrollTop = one.scrollHeight }")
        return tab.conversations.locator(".entry").count() == count

    tab.until(further, timeout=60)


def test_two_thousand_conversations_scroll_by_without_a_pause(me: Somebody) -> None:
    ids = me.have(2000, apart=timedelta(hours=9))
    tab = me.opens()
    assert len(_listed(tab)) == 50
    tab.page.evaluate(_LONG_TASKS)

    _scroll_through(tab, len(ids))

    assert _listed(tab) == list(ids)
    headings = tab.conversations.get_by_role("heading", level=2).all_inner_texts()
    assert len(headings) == len(set(headings)) > 20
    in_time(max(tab.page.evaluate("() => window.longTasks"), default=0) / 1000, 0.2)
    tab.page.locator(".sidebar__list").evaluate("one => { one.scrollTop = 0 }")
    _entry(tab, ids[-1]).scroll_into_view_if_needed()
    expect(_entry(tab, ids[-1])).to_be_in_viewport()


def test_what_is_new_finds_its_place_among_what_was_loaded(me: Somebody) -> None:
    ids = me.have(120, apart=timedelta(days=2))
    tab = me.opens(f"/c/{ids[0]}")

    me.does(f"/c/{ids[20]}/rename", title="Renamed and loaded")
    expect(_entry(tab, ids[20])).to_have_text("Renamed and loaded")
    assert list(_listed(tab)).index(ids[20]) == 20
    me.does(f"/c/{ids[110]}/rename", title="Renamed and far below")
    me.does(f"/c/{ids[111]}/pin")
    expect(_entry(tab, ids[111])).to_be_visible()

    expect(_entry(tab, ids[110])).to_have_count(0)
    _scroll_through(tab, len(ids))
    assert _listed(tab) == [ids[111], *ids[:111], *ids[112:]]


def test_a_page_that_was_away_shows_the_lists_as_they_are(me: Somebody) -> None:
    ids = me.have(120, apart=timedelta(days=2))
    me.does("/conversations", conversation=ids[5], action="move", name="Work")
    me.does("/conversations", conversation=ids[6], action="move", name="Past")
    tab = me.opens()
    _folder(tab, "Work").locator("summary").click()
    expect(_entry(tab, ids[5])).to_be_visible()
    _entry(tab, ids[50]).scroll_into_view_if_needed()
    _entry(tab, ids[60]).scroll_into_view_if_needed()
    _entry(tab, ids[60]).locator("a").focus()
    place = _entry(tab, ids[60]).evaluate("one => one.getBoundingClientRect().top")
    work, past = (_folder(tab, one).get_attribute("data-folder") for one in ("Work", "Past"))

    tab.page.evaluate(_LOSE_SOCKETS)
    me.does(f"/folders/{work}/rename", name="Labour")
    me.does(f"/folders/{past}/delete")
    me.does(f"/c/{ids[5]}/rename", title="Renamed in a folder")
    me.does(f"/c/{ids[70]}/rename", title="Renamed far below")
    me.does(f"/c/{ids[10]}/trash")
    me.does(f"/c/{ids[11]}/pin")
    tab.page.evaluate(_FIND_SOCKETS)

    expect(_entry(tab, ids[70])).to_have_text("Renamed far below")
    expect(_folder(tab, "Labour").locator(".entry")).to_have_text("Renamed in a folder")
    expect(_folder(tab, "Past")).to_have_count(0)
    assert [one for one in _listed(tab) if one in ids[:72]] == [
        ids[11],
        ids[5],
        *ids[:5],
        *ids[6:10],
        *ids[12:72],
    ]
    expect(_entry(tab, ids[60]).locator("a")).to_be_focused()
    at = _entry(tab, ids[60]).evaluate("one => one.getBoundingClientRect().top")
    assert abs(at - place) <= 1
    me.does(f"/c/{ids[70]}/rename", title="And followed again")
    expect(_entry(tab, ids[70])).to_have_text("And followed again")


def test_what_happens_before_a_page_has_its_socket_is_seen(me: Somebody) -> None:
    ids = me.have(60, apart=timedelta(days=2))
    me.does("/conversations", conversation=ids[5], action="move", name="Work")
    parts: list[str] = []
    tab = me.opens()
    tab.page.on("request", lambda asked: parts.append(asked.url) if "/lists" in asked.url else None)
    folder = _folder(tab, "Work").get_attribute("data-folder")

    def meanwhile(route: Route) -> None:
        me.does(f"/folders/{folder}/rename", name="Labour")
        me.does(f"/c/{ids[40]}/rename", title="Renamed meanwhile")
        route.continue_()

    tab.page.reload()
    expect(_folder(tab, "Work")).to_be_visible()
    assert parts == []
    tab.page.route("**/js/app.js", meanwhile)
    tab.page.reload()

    expect(_folder(tab, "Labour")).to_be_visible()
    expect(_entry(tab, ids[40])).to_have_text("Renamed meanwhile")
    assert len(parts) == 1


def test_without_scripts_the_list_goes_on_as_pages_and_folders_open(me: Somebody) -> None:
    ids = me.have(60)
    me.does(f"/c/{ids[0]}/move", name="Work")
    plain = me.elsewhere(java_script_enabled=False)

    _folder(plain, "Work").locator("summary").click()
    _folder(plain, "Work").get_by_role("link", name="Older conversations").click()
    expect(plain.page.get_by_role("heading", name="Work")).to_be_visible()
    expect(plain.page.get_by_role("checkbox", name="Conversation 0", exact=True)).to_be_visible()
    plain.page.goto("/")
    plain.conversations.locator(".sidebar__dates").get_by_role(
        "link", name="Older conversations"
    ).click()

    expect(plain.page.get_by_role("checkbox", name="Conversation 59")).to_be_visible()
    plain.page.get_by_role("checkbox", name="Conversation 59").check()
    plain.page.get_by_role("button", name="Archive").click()
    expect(plain.page.get_by_role("checkbox", name="Conversation 59")).to_have_count(0)


def test_an_entry_is_dragged_into_a_folder_and_out_again(me: Somebody) -> None:
    first, _ = me.have(2)
    me.does("/folders", name="Work")
    tab, other = me.opens(), me.elsewhere()
    for one in (tab, other):
        _folder(one, "Work").locator("summary").click()

    _drag(tab, _entry(tab, first), _folder(tab, "Work"))

    for one in (tab, other):
        expect(_folder(one, "Work").locator(".entry")).to_have_count(1)
        expect(_folder(one, "Work").locator(".folder__count")).to_have_text("1")
    _drag(tab, _entry(tab, first), tab.conversations.locator(".sidebar__dates"))
    for one in (tab, other):
        expect(one.conversations.locator(".sidebar__dates .entry")).to_have_count(2)
        expect(_folder(one, "Work").locator(".folder__count")).to_have_text("0")
    expect(tab.page.locator(".sidebar--dragging, .takes")).to_have_count(0)


def test_a_conversation_is_moved_with_the_keyboard_alone(me: Somebody) -> None:
    (one,) = me.have(1)
    me.does("/folders", name="Work")
    tab = me.opens(f"/c/{one}")
    keys = tab.page.keyboard

    tab.page.locator(".topbar__more").focus()
    keys.press("Enter")
    for _ in range(12):
        keys.press("Tab")
        if tab.page.evaluate("() => document.activeElement.textContent") == "Move to folder":
            break
    keys.press("Enter")
    keys.press("Tab")
    expect(tab.page.get_by_role("combobox", name="Folder")).to_be_focused()
    keys.press("w")
    keys.press("Tab")
    with tab.page.expect_navigation():
        keys.press("Enter")

    expect(_folder(tab, "Work").locator(".entry")).to_have_count(1)
    expect(_entry(tab, one)).to_be_visible()
    _folder(tab, "Work").locator("summary").focus()
    keys.press("Enter")
    expect(_entry(tab, one)).to_be_hidden()


def test_a_new_folder_is_made_from_the_menu_and_seen_in_another_browser(me: Somebody) -> None:
    (one,) = me.have(1)
    tab, other = me.opens(f"/c/{one}"), me.elsewhere(f"/c/{one}")

    menu = _open_menu(tab)
    menu.get_by_text("Move to folder").click()
    menu.get_by_role("textbox", name="New folder").fill("Ideas")
    menu.get_by_role("button", name="Create").click()

    expect(_folder(other, "Ideas").locator(".folder__count")).to_have_text("1")
    _folder(other, "Ideas").locator("summary").click()
    expect(_folder(other, "Ideas").locator(".entry")).to_have_count(1)
    menu = _open_menu(other)
    menu.get_by_text("Move to folder").click()
    expect(menu.get_by_role("combobox", name="Folder").locator(":checked")).to_have_text("Ideas")


def test_renaming_and_deleting_a_folder_is_seen_in_another_browser(me: Somebody) -> None:
    ids = me.have(3)
    me.does(f"/c/{ids[1]}/move", name="Work")
    tab, other = me.opens("/"), me.elsewhere()
    _folder(other, "Work").locator("summary").click()
    expect(_entry(other, ids[1])).to_be_visible()
    _folder(tab, "Work").locator("summary").click()
    tab.conversations.get_by_role("link", name="Show as a page").click()

    tab.page.get_by_role("textbox", name="Name of the folder").fill("Play")
    tab.page.get_by_role("button", name="Rename").click()
    expect(_folder(other, "Play")).to_be_visible()
    expect(_entry(other, ids[1])).to_be_visible()
    tab.page.get_by_role("button", name="Delete folder").click()
    tab.page.locator("#delete-folder").get_by_role("button", name="Delete folder").click()

    expect(other.conversations.locator(".folder")).to_have_count(0)
    tab.until(lambda: _listed(other) == list(ids))


def test_the_menu_and_the_strip_of_an_open_page_follow_another_browser(me: Somebody) -> None:
    (one,) = me.have(1)
    tab = me.opens(f"/c/{one}")
    expect(_entry(tab, one)).to_be_visible()

    me.does(f"/c/{one}/rename", title="Named elsewhere")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Named elsewhere")
    expect(_entry(tab, one)).to_have_text("Named elsewhere")
    me.does(f"/c/{one}/pin")
    expect(tab.page.locator(".menu--conversation")).to_contain_text("Unpin")
    me.does(f"/c/{one}/trash")
    expect(tab.page.get_by_text("This conversation is in the trash.")).to_be_visible()
    expect(tab.message).to_be_hidden()
    me.does(f"/c/{one}/restore")
    expect(tab.message).to_be_visible()
    me.does(f"/c/{one}/trash")
    expect(tab.message).to_be_hidden()
    me.does(f"/c/{one}/delete")

    expect(tab.page.get_by_text("This conversation was deleted.")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Restore")).to_have_count(0)
    expect(tab.page.locator(".topbar__more")).to_be_hidden()


def test_what_is_in_the_trash_is_deleted_from_its_page_with_a_second_step(me: Somebody) -> None:
    one, other = me.have(2)
    me.does(f"/c/{one}/trash")
    tab = me.opens(f"/c/{one}")

    _open_menu(tab).get_by_role("button", name="Delete for good").click()
    warning = tab.page.locator("#delete-conversation")
    expect(warning).to_contain_text("cannot be brought back")
    expect(tab.page).to_have_url(re.compile(one))
    warning.get_by_role("button", name="Delete for good").click()

    expect(tab.page.get_by_text("The trash is empty.")).to_be_visible()
    expect(_entry(me.opens(), other)).to_be_visible()


def test_a_title_that_is_being_written_is_not_taken_away(me: Somebody) -> None:
    (one,) = me.have(1)
    tab = me.opens(f"/c/{one}")
    menu = _open_menu(tab)
    menu.get_by_role("textbox", name="Title").fill("Half a ti")

    me.does(f"/c/{one}/pin")
    expect(tab.conversations.locator("[data-group=pinned] .entry")).to_have_count(1)

    expect(menu.get_by_role("textbox", name="Title")).to_have_value("Half a ti")
    expect(menu.get_by_role("button", name="Pin", exact=True)).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator(".menu--conversation")).to_contain_text("Unpin")


def test_a_turning_name_does_not_turn_its_neighbours(me: Somebody) -> None:
    (one,) = me.have(1)
    me.does(f"/c/{one}/rename", title="\u202etfel eht ot\u2066")
    me.does("/folders", name="\u202ekroW")
    tab = me.opens(f"/c/{one}")

    for text in (tab.page.title(), tab.conversations.inner_text()):
        assert "tfel eht ot" in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    expect(_folder(tab, "kroW")).to_be_visible()


def test_many_are_chosen_with_shift_and_all_at_once(me: Somebody) -> None:
    me.have(12)
    tab, page = me.elsewhere(), me.person.open("/conversations").page
    boxes = page.get_by_role("listitem").get_by_role("checkbox")
    everything = page.get_by_role("checkbox", name="All on this page")

    boxes.nth(2).check()
    boxes.nth(6).click(modifiers=["Shift"])
    expect(page.locator(".shelf__list :checked")).to_have_count(5)
    everything.check()
    expect(page.locator(".shelf__list :checked")).to_have_count(12)
    everything.uncheck()
    boxes.nth(0).check()
    boxes.nth(1).click(modifiers=["Shift"])
    page.get_by_role("button", name="Move to trash").click()

    expect(boxes).to_have_count(10)
    expect(tab.conversations.locator(".entry")).to_have_count(10)


def test_lists_have_room_on_a_phone(me: Somebody) -> None:
    ids = me.have(30, title="W" * 200)
    me.does(f"/c/{ids[0]}/move", name="W" * 80)
    tab = me.elsewhere(viewport=PHONE, has_touch=True, is_mobile=True)

    tab.page.get_by_role("button", name="Conversations").click()
    folder = tab.conversations.locator(".folder__summary")
    folder.tap()
    expect(_entry(tab, ids[0])).to_be_visible()
    for touched in (folder, _entry(tab, ids[0]).locator("a"), _entry(tab, ids[1]).locator("a")):
        box = touched.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= PHONE["width"]
    for address in ("/conversations", "/conversations?in=trashed"):
        tab.page.goto(address)
        assert tab.page.evaluate("() => document.scrollingElement.scrollWidth") == 390
    _ = tab.page.goto("/conversations")
    tab.page.get_by_role("listitem").get_by_role("checkbox").first.check()
    expect(tab.page.get_by_role("button", name="Archive")).to_be_in_viewport()
