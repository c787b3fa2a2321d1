"""A long conversation on the page: it opens at its end, and the rest comes as one reads."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Route, expect

from tests.browser.person import Person, Tab
from tests.browser.scripts import saying
from tests.support.past import Past, held
from tests.upstream import Upstream

Meet = Callable[..., Person]

_TEXT = "\n\n".join(f"Paragraph {number} of an answer that is long enough." for number in range(9))
# Which message the reader has before them.
_SEEN = """log => [...log.querySelectorAll(".message")].find(
  (one) => one.getBoundingClientRect().bottom > log.getBoundingClientRect().top + 40).id"""
_GAP = "log => log.scrollHeight - log.scrollTop - log.clientHeight"


def test_a_long_conversation_opens_at_its_end_and_goes_back_to_its_beginning(tab: Tab) -> None:
    past = _long(tab, 130)
    tab.page.goto(f"/c/{past.id}")
    expect(_message(tab, past, -1)).to_be_in_viewport()
    expect(_message(tab, past, 0)).to_have_count(0)

    _to_the_beginning(tab, past)

    expect(_message(tab, past, 0)).to_be_in_viewport()
    expect(tab.log.get_by_role("link", name="Older messages")).to_have_count(0)
    shown = _shown(tab)
    assert shown == [f"message-{one}" for one in past.messages][: len(shown)]


def test_what_is_far_from_the_reader_leaves_the_page_and_comes_back(tab: Tab) -> None:
    past = _long(tab, 130)
    tab.page.goto(f"/c/{past.id}")

    _to_the_beginning(tab, past)
    expect(tab.log.get_by_role("link", name="Newer messages")).to_be_attached()
    assert len(_shown(tab)) < 100
    _to_the_end(tab, past)

    expect(_message(tab, past, -1)).to_be_in_viewport()
    expect(tab.log.get_by_role("link", name="Newer messages")).to_have_count(0)
    expect(tab.log.get_by_role("link", name="Older messages")).to_be_attached()
    shown = _shown(tab)
    assert shown == [f"message-{one}" for one in past.messages][-len(shown) :]


def test_what_the_reader_has_in_hand_stays_however_far_they_go(tab: Tab) -> None:
    past = _long(tab, 130)
    tab.page.goto(f"/c/{past.id}")
    expect(_message(tab, past, -1)).to_be_in_viewport()
    _message(tab, past, -1).evaluate(
        "(message) => getSelection().selectAllChildren(message.querySelector('p'))"
    )

    _to_the_beginning(tab, past)

    assert _shown(tab) == [f"message-{one}" for one in past.messages]
    selected = tab.page.evaluate("() => String(getSelection())")
    assert selected == "Paragraph 0 of an answer that is long enough."


def test_who_has_let_go_of_the_end_is_told_where_it_is_by_what_they_send(
    tab: Tab, liaobots: Upstream
) -> None:
    past = _long(tab, 130)
    tab.page.goto(f"/c/{past.id}")
    _to_the_beginning(tab, past)
    expect(_message(tab, past, -1)).to_have_count(0)
    liaobots.enqueue(saying("the answer at the end"))

    tab.send("and now?")

    expect(tab.words).to_have_text("the answer at the end")
    tab.expect_end()
    assert _shown(tab)[-3] == f"message-{past.messages[-1]}"
    expect(tab.alert).to_be_empty()


def test_the_place_is_kept_when_older_messages_come(tab: Tab) -> None:
    past = _long(tab, 130)
    held_back: list[Route] = []
    tab.page.route("**/older?*", lambda route: held_back.append(route))  # noqa: PLW0108
    tab.page.goto(f"/c/{past.id}")
    tab.log.evaluate("log => { log.scrollTop = 40 }")
    tab.until(lambda: held_back)
    _settle(tab)
    seen = tab.log.evaluate(_SEEN)
    top, count = _top(tab, seen), tab.articles.count()

    held_back[0].continue_()
    tab.until(lambda: tab.articles.count() > count)
    _settle(tab)

    assert abs(_top(tab, seen) - top) < 1


def test_the_place_is_kept_at_the_very_top(tab: Tab) -> None:
    past = _long(tab, 130)
    held_back: list[Route] = []
    tab.page.route("**/older?*", lambda route: held_back.append(route))  # noqa: PLW0108
    tab.page.goto(f"/c/{past.id}")
    tab.log.evaluate("log => { log.scrollTop = 0 }")
    tab.until(lambda: held_back)
    _settle(tab)
    seen = tab.log.evaluate(_SEEN)
    top, count = _top(tab, seen), tab.articles.count()

    held_back[0].continue_()
    tab.until(lambda: tab.articles.count() > count)
    _settle(tab)

    assert abs(_top(tab, seen) - top) < 1


def _ask_for_more(tab: Tab, enough: Callable[[], bool]) -> Locator:
    """Press Enter at the link to older messages, however far above what the page shows it is."""
    older = tab.log.get_by_role("link", name="Older messages")
    older.focus()

    def pressed() -> bool:
        tab.page.keyboard.press("Enter")
        return enough()

    tab.until(pressed, timeout=30)
    return older


def test_the_link_to_older_messages_goes_by_the_keyboard(tab: Tab) -> None:
    past = _long(tab, 130)
    # Before the script is there, the link leads to a page.
    tab.page.goto(f"/c/{past.id}", wait_until="networkidle")

    _ask_for_more(tab, lambda: _shown(tab)[0] == f"message-{past.messages[0]}")

    expect(tab.page).to_have_url(f"{tab.person.server.url}/c/{past.id}")
    expect(tab.log).to_be_focused()


def test_the_link_in_hand_stays_when_a_message_comes_meanwhile(
    tab: Tab, liaobots: Upstream
) -> None:
    past = _long(tab, 130)
    tab.page.goto(f"/c/{past.id}", wait_until="networkidle")
    older = _ask_for_more(tab, lambda: len(_shown(tab)) >= 80)
    liaobots.enqueue(saying("asked elsewhere"))

    tab.person.open(f"/c/{past.id}").send("and now?")

    expect(tab.words).to_have_text("asked elsewhere")
    expect(older).to_be_focused()


def test_a_link_to_a_message_leads_there_and_stays_there(tab: Tab) -> None:
    past = _long(tab, 200)
    wanted = past.messages[60]

    tab.page.goto(f"/c/{past.id}?at={wanted}#message-{wanted}")
    tab.until(lambda: tab.person.sockets)
    _settle(tab)

    expect(_message(tab, past, 60)).to_be_in_viewport()
    assert tab.page.evaluate("() => document.scrollingElement.scrollTop") == 0
    assert tab.log.evaluate(_SEEN) == f"message-{wanted}"
    assert past.messages[199] not in _shown(tab)
    expect(tab.jump).to_be_visible()


def test_what_follows_a_place_in_the_middle_comes_as_one_reads_on(tab: Tab) -> None:
    past = _long(tab, 130)
    wanted = past.messages[20]
    tab.page.goto(f"/c/{past.id}?at={wanted}#message-{wanted}")
    _settle(tab)

    _to_the_end(tab, past)

    expect(_message(tab, past, -1)).to_be_in_viewport()
    expect(tab.log.get_by_role("link", name="Newer messages")).to_have_count(0)
    shown = _shown(tab)
    assert shown == [f"message-{one}" for one in past.messages][-len(shown) :]
    expect(tab.jump).to_be_hidden()


def test_the_jump_to_the_end_skips_what_lies_between(tab: Tab) -> None:
    past = _long(tab, 200)
    wanted = past.messages[20]
    tab.page.goto(f"/c/{past.id}?at={wanted}#message-{wanted}")
    _settle(tab)

    tab.jump.click()

    expect(_message(tab, past, -1)).to_be_in_viewport()
    expect(_message(tab, past, 100)).to_have_count(0)
    expect(tab.jump).to_be_hidden()
    expect(tab.page).to_have_url(f"{tab.person.server.url}/c/{past.id}")


def test_what_is_sent_from_the_middle_goes_to_the_end(tab: Tab, liaobots: Upstream) -> None:
    past = _long(tab, 200)
    wanted = past.messages[20]
    tab.page.goto(f"/c/{past.id}?at={wanted}#message-{wanted}")
    _settle(tab)
    liaobots.enqueue(saying("the answer at the end"))

    tab.send("and now?")

    expect(tab.words).to_have_text("the answer at the end")
    tab.expect_end()
    expect(tab.words).to_be_in_viewport()
    assert _shown(tab)[-3] == f"message-{past.messages[-1]}"
    expect(tab.alert).to_be_empty()


def test_all_of_it_is_read_without_scripts(meet: Meet, tab: Tab) -> None:
    past = _long(tab, 130)
    state = tab.person.context.storage_state()
    plain = meet(java_script_enabled=False, storage_state=state).open(f"/c/{past.id}")
    first = plain.articles.first.get_attribute("id")
    assert first

    plain.log.get_by_role("link", name="Older messages").click()

    expect(plain.log.locator(f"#{first}")).to_be_attached()
    expect(plain.log.get_by_role("link", name="Older messages")).to_be_attached()
    expect(plain.log.get_by_role("link", name="Newer messages")).to_be_attached()


def _long(tab: Tab, count: int) -> Past:
    texts = [_TEXT if at % 2 else f"question {at}" for at in range(count)]
    return held(tab.person.server, texts)


def _message(tab: Tab, past: Past, at: int) -> Locator:
    return tab.log.locator(f"#message-{past.messages[at]}")


_AT_TOP = "log => log.scrollTop === 0"


def _to_the_beginning(tab: Tab, past: Past) -> None:
    def step() -> bool:
        tab.log.evaluate("log => { log.scrollTop = Math.max(log.scrollTop - 1500, 0) }")
        # In this order: what comes above the reader keeps them where they were.
        return _message(tab, past, 0).count() == 1 and tab.log.evaluate(_AT_TOP)

    tab.until(step, timeout=60)


def _to_the_end(tab: Tab, past: Past) -> None:
    def step() -> bool:
        tab.log.evaluate("log => { log.scrollTop += 1500 }")
        return _message(tab, past, -1).count() == 1 and tab.log.evaluate(_GAP) < 2

    tab.until(step, timeout=60)


def _top(tab: Tab, message: str) -> float:
    """How high a message stands in the window."""
    box = tab.log.locator(f"#{message}").bounding_box()
    assert box
    return box["y"]


def _shown(tab: Tab) -> list[str]:
    ids: list[str] = tab.articles.evaluate_all("all => all.map((one) => one.id)")
    return ids


def _settle(tab: Tab) -> None:
    """Wait until two frames in a row have drawn the same."""
    tab.log.evaluate(
        """async (log) => {
          const frame = () => new Promise(requestAnimationFrame);
          for (let before = -1, same = 0; same < 4; ) {
            await frame();
            const now = log.scrollHeight * 1e6 + log.scrollTop;
            same = now === before ? same + 1 : 0;
            before = now;
          }
        }"""
    )
