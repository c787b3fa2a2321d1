"""Branches of a conversation, and the shelves on which conversations are put."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, WebSocketRoute, expect

from tests.browser.person import Person, Tab
from tests.browser.scripts import saying
from tests.upstream import Upstream

Meet = Callable[..., Person]

PHONE = {"width": 390, "height": 844}


def test_regenerate_answers_once_more_and_one_can_step_between_the_answers(
    tab: Tab, liaobots: Upstream
) -> None:
    _ask(tab, liaobots, "tell me", "the first answer")
    other = tab.person.open(tab.page.url)
    liaobots.enqueue(saying("the second answer"))

    _press(tab.answer, "Regenerate")

    for one in (tab, other):
        expect(one.words).to_have_text("the second answer")
        expect(_place(one.answer)).to_have_text("2 / 2")
        expect(one.questions).to_have_count(1)
    _press(tab.answer, "Previous version")
    for one in (tab, other):
        expect(one.words).to_have_text("the first answer")
        expect(_place(one.answer)).to_have_text("1 / 2")
    _press(other.answer, "Next version")
    for one in (tab, other):
        expect(one.words).to_have_text("the second answer")
    tab.page.reload()
    expect(tab.words).to_have_text("the second answer")
    expect(_place(tab.answer)).to_have_text("2 / 2")


def test_a_double_click_on_regenerate_asks_once(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "tell me", "the first answer")
    calls = len(liaobots.received)
    liaobots.enqueue(saying("the second answer"))

    tab.answer.get_by_role("button", name="Regenerate").dblclick()

    expect(tab.words).to_have_text("the second answer")
    tab.expect_end()
    expect(_place(tab.answer)).to_have_text("2 / 2")
    assert len(liaobots.received) == calls + 1


def test_whoever_steps_with_the_keyboard_stays_on_the_control(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "tell me", "the first answer")
    for said in ("the second answer", "the third answer"):
        liaobots.enqueue(saying(said))
        _press(tab.answer, "Regenerate")
        expect(tab.words).to_have_text(said)
        tab.expect_end()
    before, behind = (
        tab.answer.get_by_role("button", name=f"{which} version") for which in ("Previous", "Next")
    )

    before.focus()
    before.press("Enter")
    expect(tab.words).to_have_text("the second answer")
    expect(before).to_be_focused()
    before.press("Enter")

    expect(tab.words).to_have_text("the first answer")
    expect(before).to_be_disabled()
    expect(behind).to_be_focused()


def test_a_step_in_the_middle_leaves_what_stands_before_it_as_it_was(
    tab: Tab, liaobots: Upstream
) -> None:
    _ask(tab, liaobots, "one", "first of all")
    _ask(tab, liaobots, "two", "and then")
    liaobots.enqueue(saying("and instead"))
    _press(tab.answer, "Regenerate")
    tab.expect_end()
    tab.answers.first.evaluate("node => { node.marked = true }")

    _press(tab.answer, "Previous version")

    expect(tab.words).to_have_text("and then")
    assert tab.answers.first.evaluate("node => node.marked === true")


def test_an_edited_question_stands_beside_the_old_one(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "the old question", "the old answer")
    liaobots.enqueue(saying("the new answer"))

    box = _edit(tab)
    expect(box).to_have_value("the old question")
    expect(box).to_be_focused()
    box.fill("the new question")
    _press(tab.log, "Send")

    expect(tab.words).to_have_text("the new answer")
    expect(_said(tab)).to_have_text(["the new question", "the new answer"])
    expect(_place(tab.questions)).to_have_text("2 / 2")
    assert liaobots.received[-1].last_message == "the new question"
    tab.expect_end()
    _press(tab.questions, "Previous version")
    expect(_said(tab)).to_have_text(["the old question", "the old answer"])


def test_escape_and_cancel_leave_the_question_as_it_is(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "a question", "an answer")
    calls = len(liaobots.received)

    box = _edit(tab)
    box.press("Escape")
    expect(box).to_be_hidden()
    expect(tab.questions.get_by_role("button", name="Edit")).to_be_focused()
    _edit(tab).fill("something else")
    _press(tab.log, "Cancel")

    expect(box).to_be_hidden()
    expect(_edit(tab)).to_have_value("a question")
    expect(_said(tab)).to_have_text(["a question", "an answer"])
    assert len(liaobots.received) == calls


def test_a_page_holds_no_text_fields_for_questions_that_nobody_edits(
    tab: Tab, liaobots: Upstream
) -> None:
    """Chromium's form filling looks at each of them after every change: 1 ms a question."""
    _ask(tab, liaobots, "a question", "an answer")
    tab.page.reload()
    fields = tab.log.locator("textarea")
    expect(fields).to_have_count(0)

    _edit(tab).fill("another")
    fields.press("Escape")
    expect(fields).to_be_hidden()
    _press(tab.questions, "Edit")

    expect(fields).to_have_count(1)
    expect(fields).to_have_value("another")


def test_an_edit_that_is_refused_stays_open_with_its_text(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "a question", "an answer")
    tab.person._post("/session/auth-code/remove")  # noqa: SLF001 - in another tab, as it were

    _edit(tab).fill("a better question")
    _press(tab.log, "Send")

    expect(tab.alert).to_contain_text("needs a Liaobots auth code")
    expect(tab.page.get_by_role("textbox", name="Edit message")).to_have_value("a better question")


def test_an_edit_outlives_another_edit_of_the_same_question(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "a question", "an answer")
    other = tab.person.open(tab.page.url)
    box = other.page.get_by_role("textbox", name="Edit message")
    for words in ("from this page", "from the other page"):
        liaobots.enqueue(saying(f"answered {words}"))
    _edit(other).fill("from the other page")

    _edit(tab).fill("from this page")
    _press(tab.log, "Send")

    expect(_said(other)).to_have_text(["from this page", "answered from this page"])
    expect(box).to_have_value("from the other page")
    expect(box).to_be_focused()
    tab.expect_end()
    _press(other.log, "Send")
    for one in (tab, other):
        expect(_said(one)).to_have_text(["from the other page", "answered from the other page"])
        expect(_place(one.questions)).to_have_text("3 / 3")
    expect(box).to_have_count(0)


def test_an_edit_outlives_its_question_and_says_that_it_is_gone(
    tab: Tab, liaobots: Upstream
) -> None:
    _ask(tab, liaobots, "a question", "an answer")
    _ask(tab, liaobots, "another", "another answer")
    other = tab.person.open(tab.page.url)
    box = _edit(other)
    box.fill("a better one")

    _delete(tab, tab.questions.first)

    expect(other.articles).to_have_count(0)
    expect(box).to_have_value("a better one")
    expect(box).to_be_in_viewport(ratio=1)
    _press(other.log, "Send")
    expect(other.alert).to_contain_text("It may have been deleted")
    expect(box).to_have_value("a better one")


def test_continue_goes_on_from_the_text_of_a_stopped_answer(tab: Tab, liaobots: Upstream) -> None:
    tab.send("#stall")
    expect(tab.words).to_contain_text("This is all that")
    tab.stop_button.click()
    tab.expect_end("stopped")
    begun = tab.text()
    liaobots.enqueue(saying(" And here is the rest."))

    _press(tab.answer, "Continue")

    tab.expect_end()
    expect(tab.words).to_have_text(
        re.compile(r"This is all that.*And here is the rest\.$", re.DOTALL)
    )
    assert tab.text().startswith(begun.rstrip())
    *_, partial, request = liaobots.received[-1].messages
    assert (partial["role"], request["role"]) == ("assistant", "user")
    assert partial["content"].startswith("This is all that")
    expect(_place(tab.answer)).to_have_text("2 / 2")
    expect(tab.answer.get_by_role("button", name="Continue")).to_have_count(0)


def test_regenerate_is_the_way_on_from_a_failure(tab: Tab, liaobots: Upstream) -> None:
    tab.ask("#no-credit", "failed")
    liaobots.enqueue(saying("Now it works."))

    _press(tab.answer, "Regenerate")

    expect(tab.words).to_have_text("Now it works.")
    tab.expect_end()


def test_an_answer_is_regenerated_with_another_model(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "tell me", "the first answer")
    liaobots.enqueue(saying("another view"))

    _press(tab.answer, "More")
    models = tab.answer.get_by_role("combobox", name="Regenerate with")
    expect(models).to_have_value("liaobots/gpt-4")
    models.select_option("liaobots/gpt-3.5-turbo")
    tab.answer.locator(".again").get_by_role("button", name="Regenerate").click()

    expect(tab.words).to_have_text("another view")
    tab.expect_end()
    expect(_place(tab.answer)).to_have_text("2 / 2")
    expect(tab.answer.locator(".message__model")).to_have_text(re.compile("3.5"))
    assert liaobots.received[-1].body["model"]["id"] == "gpt-3.5-turbo"
    expect(tab.model).to_have_value("liaobots/gpt-4")


def test_nothing_else_can_be_asked_while_an_answer_comes(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "one", "an answer")
    asking = re.compile("Regenerate|Edit|More|Previous version|Next version")
    assert tab.log.get_by_role("button", name=asking).count() == 4

    tab.send("#stall")
    expect(tab.words).to_contain_text("This is all that")

    expect(tab.log.get_by_role("button", name=asking)).to_have_count(0)
    tab.stop_button.click()
    tab.expect_end("stopped")
    expect(tab.log.get_by_role("button", name="Regenerate")).to_have_count(2)


def test_delete_takes_a_message_and_all_that_follows(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "one", "first answer")
    _ask(tab, liaobots, "two", "second answer")
    other = tab.person.open(tab.page.url)

    _delete(tab, tab.questions.last)

    expect(tab.status).to_have_text("Message deleted")
    for one in (tab, other):
        expect(_said(one)).to_have_text(["one", "first answer"])
    tab.page.reload()
    expect(_said(tab)).to_have_text(["one", "first answer"])
    _ask(tab, liaobots, "three", "third answer")
    expect(_said(tab)).to_have_text(["one", "first answer", "three", "third answer"])


def test_a_conversation_without_messages_goes_on(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "one", "first answer")
    address = tab.page.url

    _delete(tab, tab.questions.last)
    expect(tab.articles).to_have_count(0)
    _ask(tab, liaobots, "two", "second answer")

    expect(tab.page).to_have_url(address)
    tab.page.reload()
    expect(_said(tab)).to_have_text(["two", "second answer"])


def test_a_question_whose_answer_was_deleted_can_be_asked_again(
    tab: Tab, liaobots: Upstream
) -> None:
    _ask(tab, liaobots, "one", "first answer")
    _delete(tab, tab.answer)
    expect(tab.answers).to_have_count(0)
    liaobots.enqueue(saying("another answer"))

    _press(tab.questions, "Regenerate")

    expect(_said(tab)).to_have_text(["one", "another answer"])
    tab.expect_end()
    expect(tab.log.locator("[data-underway]")).to_have_count(0)
    liaobots.enqueue(saying("an answer to another question"))
    _edit(tab).fill("another question")
    _press(tab.log, "Send")
    expect(_said(tab)).to_have_text(["another question", "an answer to another question"])


def test_branch_copies_what_was_said_into_a_new_conversation(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "one", "first answer")
    _ask(tab, liaobots, "two", "second answer")
    address = tab.page.url

    _press(tab.answers.first, "More")
    _press(tab.answers.first, "Branch from here")

    expect(tab.page).not_to_have_url(address)
    expect(_said(tab)).to_have_text(["one", "first answer"])
    tab.page.goto(address)
    expect(tab.articles).to_have_count(4)


def test_a_new_chat_can_be_renamed_as_soon_as_it_is_one(tab: Tab, liaobots: Upstream) -> None:
    expect(tab.page.locator(".topbar__more")).to_be_hidden()
    _ask(tab, liaobots, "one", "first answer")
    title = tab.page.get_by_role("textbox", name="Title")

    _open_menu(tab)
    expect(title).to_have_value("one")
    title.fill("A title of my own")
    title.press("Enter")

    expect(tab.page.get_by_role("heading", level=1)).to_have_text("A title of my own")
    expect(tab.page).to_have_title("A title of my own · Liaochat")
    expect(_entry(tab)).to_have_text("A title of my own")


def test_pin_moves_the_entry_to_the_top_and_unpin_back(tab: Tab, liaobots: Upstream) -> None:
    other = tab.person.open()
    _ask(tab, liaobots, "a question to keep", "an answer")
    entry = other.page.locator(f"[data-conversation='{tab.conversation}']")
    group = other.conversations.locator(".group", has=entry)
    expect(group.get_by_role("heading")).to_have_text("Today")

    _choose(tab, "Pin")
    expect(group.get_by_role("heading")).to_have_text("Pinned")
    expect(other.conversations.get_by_role("heading").first).to_have_text("Pinned")
    expect(tab.conversations.get_by_role("heading").first).to_have_text("Pinned")
    _choose(tab, "Unpin")

    expect(group.get_by_role("heading")).to_have_text("Today")
    expect(other.conversations.get_by_role("heading", name="Pinned")).to_have_count(0)


def test_an_entry_that_is_unpinned_after_months_finds_its_place(meet: Meet) -> None:
    tab = meet().sign_in()
    sockets: list[WebSocketRoute] = []
    heard: list[str | bytes] = []

    def tap(socket: WebSocketRoute) -> None:
        def pass_on(frame: str | bytes) -> None:
            socket.send(frame)
            heard.append(frame)

        socket.connect_to_server().on_message(pass_on)
        sockets.append(socket)

    tab.page.route_web_socket("**/socket", tap)
    tab.page.reload()
    tab.until(lambda: any('"lists"' in str(frame) for frame in heard))  # as it greets each page
    for month in ("2025-12", "2026-02", "2025-11", "2025-12"):
        name = f"from {month}"
        html = f'<li class="entry" data-conversation="{month}" data-group="{month}">{name}</li>'
        sockets[0].send(json.dumps({"type": "list", "conversation": month, "html": html}))

    months = tab.conversations.get_by_role("heading", name=re.compile("20"))
    expect(months).to_have_text(["February 2026", "December 2025", "November 2025"])
    expect(tab.conversations.locator(".entry", has_text="from 2025-12")).to_have_count(1)


@pytest.mark.parametrize(
    ("put", "shelf", "back"),
    [("Archive", "Archive", "Unarchive"), ("Move to trash", "Trash", "Restore")],
)
def test_what_was_put_away_is_on_its_shelf_and_can_be_brought_back(
    tab: Tab, liaobots: Upstream, put: str, shelf: str, back: str
) -> None:
    title = f"to be put away: {put}"
    _ask(tab, liaobots, title, "an answer")
    other = tab.person.open()
    entry = other.conversations.get_by_role("link", name=title)
    expect(entry).to_be_visible()

    _choose(tab, put)
    expect(tab.message).to_be_visible()
    expect(entry).to_have_count(0)
    tab.conversations.get_by_role("link", name=shelf).click()
    expect(tab.page.get_by_role("heading", name=shelf)).to_be_visible()
    tab.page.get_by_role("checkbox", name=title).check()
    _press(tab.page.get_by_role("main"), back)

    expect(entry).to_be_visible()
    expect(tab.page.get_by_role("checkbox", name=title)).to_have_count(0)


def test_what_is_in_the_trash_says_so_and_is_not_gone_on_with(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "a question", "an answer")
    address = tab.page.url
    _choose(tab, "Move to trash")

    tab.page.goto(address)

    expect(tab.page.get_by_text("This conversation is in the trash.")).to_be_visible()
    expect(tab.message).to_be_hidden()
    expect(tab.log.get_by_role("button", name="Regenerate")).to_have_count(0)
    tab.page.get_by_role("button", name="Restore").click()
    expect(tab.message).to_be_visible()


def test_what_is_deleted_for_good_is_nowhere(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "to be gone for good", "an answer")
    address = tab.page.url
    _choose(tab, "Move to trash")
    tab.page.goto("/conversations?in=trashed")
    expect(tab.page.get_by_role("main")).to_contain_text("kept for 30 days")
    box = tab.page.get_by_role("checkbox", name="to be gone for good")
    box.check()

    _press(tab.page.get_by_role("main"), "Delete for good")
    expect(box).to_be_checked()
    _press(tab.page.locator("#delete-many"), "Delete for good")

    expect(box).to_have_count(0)
    expect(tab.page.get_by_role("heading", name="Trash")).to_be_visible()
    tab.person.expects("404 (NOT FOUND)")
    answer = tab.page.goto(address)
    assert answer
    assert answer.status == 404


def test_an_empty_shelf_says_so(meet: Meet, start_server: Callable[..., object]) -> None:
    tab = meet(start_server()).sign_in()

    for address, said in (("archived", "Nothing is archived."), ("trashed", "The trash is empty.")):
        tab.page.goto(f"/conversations?in={address}")
        expect(tab.page.get_by_role("main")).to_contain_text(said)
    tab.page.get_by_role("link", name="Back to Liaochat").click()

    expect(tab.message).to_be_visible()


def test_exports_are_files_with_what_was_said(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "a question", "the first answer")
    liaobots.enqueue(saying("the **second** answer"))
    _press(tab.answer, "Regenerate")
    expect(_place(tab.answer)).to_have_text("2 / 2")
    tab.expect_end()

    markdown = _export(tab, "Export as Markdown")
    everything = _export(tab, "Export as JSON")

    assert markdown[0] == "a question.md"
    assert "## You\n\na question" in markdown[1]
    assert "the **second** answer" in markdown[1]
    assert "the first answer" not in markdown[1]
    assert everything[0] == "a question.json"
    (conversation,) = json.loads(everything[1])["conversations"]
    texts = [message["text"] for message in conversation["messages"]]
    assert sorted(texts) == ["a question", "the **second** answer", "the first answer"]


def test_without_scripts_one_can_regenerate_edit_step_and_delete(
    meet: Meet, liaobots: Upstream
) -> None:
    person = meet()
    tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    _ask(tab, liaobots, "the old question", "the first answer")
    state = person.context.storage_state()
    plain = meet(java_script_enabled=False, storage_state=state).open(tab.page.url)

    liaobots.enqueue(saying("the second answer"))
    _press(plain.answer, "Regenerate")
    _reload_until_ended(plain)
    expect(plain.words).to_have_text("the second answer")
    _press(plain.answer, "Previous version")
    expect(plain.words).to_have_text("the first answer")
    liaobots.enqueue(saying("the new answer"))
    _edit(plain).fill("the new question")
    _press(plain.log, "Send")
    _reload_until_ended(plain)
    expect(_said(plain)).to_have_text(["the new question", "the new answer"])
    _delete(plain, plain.questions.last)

    expect(_said(plain)).to_have_text(["the old question", "the second answer"])


def test_every_control_is_reached_and_seen_with_the_keyboard(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "one", "first answer")
    liaobots.enqueue(saying("second answer"))
    _press(tab.answer, "Regenerate")
    expect(_place(tab.answer)).to_have_text("2 / 2")
    tab.expect_end()
    _ask(tab, liaobots, "two", "third answer")
    wanted = {"Edit", "More", "Copy", "Regenerate", "Previous version"}
    tab.log.focus()

    seen = set()
    for _ in range(14):
        tab.page.keyboard.press("Tab")
        name, visible, outline = tab.page.evaluate(
            """async () => {
              const one = document.activeElement;
              await Promise.all(document.getAnimations().map((each) => each.finished));
              const name = one.getAttribute("aria-label") || one.textContent.trim();
              const drawn = { opacityProperty: true, visibilityProperty: true };
              const asks = one.closest(".message__ask") ?? one;
              const visible = one.checkVisibility(drawn) && getComputedStyle(asks).opacity === "1";
              return [name, visible, getComputedStyle(one).outlineStyle];
            }"""
        )
        if name in wanted:
            assert visible, name
            assert outline != "none", name
            seen.add(name)

    assert seen == wanted


def test_the_tools_of_a_question_are_seen_whole(tab: Tab, liaobots: Upstream) -> None:
    _ask(tab, liaobots, "a question", "an answer")
    button = tab.questions.get_by_role("button", name="Edit")

    tab.questions.hover()

    box = button.bounding_box()
    assert box
    for y in (box["y"] + 1, box["y"] + box["height"] - 1):
        there = "([x, y]) => document.elementFromPoint(x, y)?.closest('button')?.textContent"
        assert tab.page.evaluate(there, [box["x"] + box["width"] / 2, y]) == "Edit", y - box["y"]


def test_all_this_has_room_on_a_phone(meet: Meet, liaobots: Upstream) -> None:
    tab = meet(viewport=PHONE).sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    _ask(tab, liaobots, "W" * 200, "first answer")
    liaobots.enqueue(saying("second answer"))
    _press(tab.answer, "Regenerate")
    expect(_place(tab.answer)).to_have_text("2 / 2")
    tab.expect_end()

    _expect_no_sideways_scroll(tab)
    _press(tab.answer, "More")
    _expect_inside(tab, tab.answer.locator(".menu").first)
    tab.page.keyboard.press("Escape")
    _expect_inside(tab, _edit(tab))
    tab.page.keyboard.press("Escape")
    _open_menu(tab)
    _expect_inside(tab, tab.page.locator(".menu--conversation"))


def _ask(tab: Tab, liaobots: Upstream, question: str, answer: str) -> None:
    liaobots.enqueue(saying(answer))
    tab.ask(question)


def _press(where: Locator, name: str) -> None:
    where.get_by_role("button", name=name, exact=True).click()


def _said(tab: Tab) -> Locator:
    return tab.log.locator(".message__body")


def _place(message: Locator) -> Locator:
    return message.locator(".versions__place")


def _edit(tab: Tab) -> Locator:
    """Open the editor of the last question."""
    _press(tab.questions.last, "Edit")
    return tab.page.get_by_role("textbox", name="Edit message")


def _delete(tab: Tab, message: Locator) -> None:
    _press(message, "More")
    _press(tab.log, "Delete this and what follows")
    _press(tab.log, "Delete")


def _open_menu(tab: Tab) -> None:
    tab.page.locator(".topbar").get_by_role("button", name="More").click()


def _choose(tab: Tab, name: str) -> None:
    """Press a button of the conversation's menu, and wait for the page that comes."""
    _open_menu(tab)
    with tab.page.expect_navigation():
        tab.page.locator(".menu--conversation").get_by_role("button", name=name, exact=True).click()


def _entry(tab: Tab) -> Locator:
    return tab.conversations.locator(f"[data-conversation='{tab.conversation}']")


def _export(tab: Tab, name: str) -> tuple[str, str]:
    """The name and the content of the file."""
    _open_menu(tab)
    with tab.page.expect_download() as download:
        tab.page.get_by_role("link", name=name).click()
    tab.page.keyboard.press("Escape")
    return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8")


def _reload_until_ended(tab: Tab) -> None:
    """The page without a script looks again by itself; a reload of ours would cross its own."""
    expect(tab.answer).to_have_attribute("data-state", "complete", timeout=15_000)


def _expect_no_sideways_scroll(tab: Tab) -> None:
    assert tab.page.evaluate("() => document.scrollingElement.scrollWidth") == PHONE["width"]
    assert tab.log.evaluate("log => log.scrollWidth - log.clientWidth") == 0


def _expect_inside(tab: Tab, one: Locator) -> None:
    expect(one).to_be_visible()
    box, size = one.bounding_box(), tab.page.viewport_size
    assert box
    assert size
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]
