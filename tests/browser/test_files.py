"""Text files: attached, dropped and pasted, by whoever has a mouse or a keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Route, expect

from tests.browser.person import Person, Tab
from tests.upstream import Upstream

Meet = Callable[..., Person]

_LONG = "".join(f"row {number}; something that was copied\n" for number in range(200))

# What a person drags or pastes exists outside of the page; its events are made here.
_DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  for (const type of ["dragenter", "dragover", "drop"])
    document.querySelector(".transcript").dispatchEvent(
      new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
_DRAG = """(type) => {
  const data = new DataTransfer();
  data.items.add(new File(["text"], "a.txt"));
  document.body.dispatchEvent(
    new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
_TOP = "one => one.getBoundingClientRect().top"
_PASTE_FILE = """(box, [name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  box.dispatchEvent(new ClipboardEvent("paste",
    { clipboardData: data, bubbles: true, cancelable: true }));
}"""
_PASTE_TEXT = """(box, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste",
    { clipboardData: data, bubbles: true, cancelable: true });
  if (box.dispatchEvent(event)) document.execCommand("insertText", false, text);
}"""


def test_chosen_files_wait_in_the_composer_and_are_sent_with_the_message(
    tab: Tab, liaobots: Upstream
) -> None:
    _choose(tab, ("a.py", b"print(1)\n"), ("b.txt", "Größe".encode("cp1252")))
    expect(_waiting(tab)).to_have_text(["a.py", "b.txt"])

    tab.send("#echo read these")

    expect(_waiting(tab)).to_have_count(0)
    expect(_sent(tab)).to_have_text(["a.py", "b.txt"])
    tab.expect_end()
    assert liaobots.received[-1].last_message == (
        "#echo read these\n\na.py\n```py\nprint(1)\n```\n\nb.txt\n```txt\nGröße\n```"
    )
    second = tab.questions.locator(".file").nth(1)
    expect(second.locator("pre")).to_be_hidden()
    second.locator("summary").click()
    expect(second.locator("pre")).to_have_text("Größe")
    expect(tab.message).to_be_visible()


def test_files_outlive_a_reload_and_can_be_removed_with_the_keyboard(tab: Tab) -> None:
    _choose(tab, ("a.txt", b"a"), ("b.txt", b"b"), ("c.txt", b"c"))
    expect(_waiting(tab)).to_have_count(3)

    tab.page.reload()
    expect(_waiting(tab)).to_have_text(["a.txt", "b.txt", "c.txt"])
    _remove(tab, "b.txt").focus()
    tab.page.keyboard.press("Enter")

    expect(_waiting(tab)).to_have_text(["a.txt", "c.txt"])
    expect(_remove(tab, "c.txt")).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(_remove(tab, "a.txt")).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(_waiting(tab)).to_have_count(0)
    expect(tab.message).to_be_focused()


def test_files_alone_can_be_sent(tab: Tab, liaobots: Upstream) -> None:
    _choose(tab, ("notes.md", b"#echo from a file"))
    expect(_waiting(tab)).to_have_count(1)

    tab.message.press("Enter")

    tab.expect_end()
    assert liaobots.received[-1].last_message == "notes.md\n```md\n#echo from a file\n```"
    expect(tab.questions.locator(".message__body")).to_be_hidden()
    expect(_sent(tab)).to_have_text(["notes.md"])


def test_a_file_can_be_dropped_anywhere_and_the_page_shows_where(tab: Tab) -> None:
    zone = tab.page.get_by_text("Drop files to attach them")
    expect(zone).to_be_hidden()

    tab.page.evaluate(_DRAG, "dragenter")
    expect(zone).to_be_visible()
    tab.page.evaluate(_DRAG, "dragleave")
    expect(zone).to_be_hidden()
    tab.page.evaluate(_DROP, ["dropped.txt", "text"])

    expect(_waiting(tab)).to_have_text(["dropped.txt"])
    expect(zone).to_be_hidden()


def test_a_file_can_be_pasted(tab: Tab) -> None:
    tab.message.evaluate(_PASTE_FILE, ["copied.txt", "text"])

    expect(_waiting(tab)).to_have_text(["copied.txt"])
    expect(tab.message).to_have_value("")


def test_a_long_paste_can_become_a_file_and_undo_brings_its_text_back(
    tab: Tab, liaobots: Upstream
) -> None:
    assert len(_LONG) > 5000
    tab.message.fill("#echo before\n")
    tab.message.evaluate(_PASTE_TEXT, _LONG)
    expect(tab.message).to_have_value(f"#echo before\n{_LONG}")
    offer = tab.page.get_by_role("button", name="Attach as a file")
    expect(offer).to_be_visible()

    tab.message.press("Shift+Tab")
    tab.page.keyboard.press("Shift+Tab")
    expect(offer).to_be_focused()
    offer.press("Enter")

    expect(_waiting(tab)).to_have_text(["pasted.txt"])
    expect(tab.message).to_have_value("#echo before\n")
    expect(offer).to_be_hidden()
    tab.message.press("ControlOrMeta+z")
    expect(tab.message).to_have_value(f"#echo before\n{_LONG}")
    tab.message.fill("#echo table")
    tab.message.press("Enter")
    tab.expect_end()
    assert f"```txt\n{_LONG}```" in liaobots.received[-1].last_message


def test_a_short_paste_is_text_and_nothing_else(tab: Tab) -> None:
    tab.message.focus()

    tab.message.evaluate(_PASTE_TEXT, "x" * 5000)

    expect(tab.message).to_have_value("x" * 5000)
    expect(tab.page.get_by_role("button", name="Attach as a file")).to_be_hidden()


def test_what_is_no_text_is_refused_by_name_and_the_others_are_kept(meet: Meet) -> None:
    person = meet()
    person.expects("422 (UNPROCESSABLE ENTITY)")
    tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")

    _choose(tab, ("song.mp3", b"ID3\4\0\0\0\0"), ("a.txt", b"a"), ("empty.txt", b""))

    expect(tab.alert).to_contain_text("“song.mp3” is neither text nor an image")
    expect(tab.alert).to_contain_text("“empty.txt” is empty.")
    expect(_waiting(tab)).to_have_text(["a.txt"])
    tab.message.fill("on")
    expect(tab.alert).to_be_empty()


def test_a_message_waits_for_the_files_that_are_still_being_read(
    tab: Tab, liaobots: Upstream
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route("**/files", hold)
    _choose(tab, ("slow.txt", b"slow"))
    expect(tab.page.get_by_text("Reading …")).to_be_visible()
    tab.send("#echo together")
    expect(tab.articles).to_have_count(0)

    tab.until(lambda: held)[0].continue_()

    tab.expect_end()
    expect(_sent(tab)).to_have_text(["slow.txt"])
    assert "slow.txt" in liaobots.received[-1].last_message


def test_a_refused_message_gives_its_files_back(tab: Tab) -> None:
    _choose(tab, ("a.txt", b"x" * 20_000))
    expect(_waiting(tab)).to_have_count(1)

    tab.send("y" * 5000)

    expect(tab.alert).to_contain_text("GPT-4 takes 24,000 at most")
    expect(_waiting(tab)).to_have_text(["a.txt"])
    expect(tab.articles).to_have_count(0)


def test_another_tab_sees_the_files_of_a_question_at_once(tab: Tab) -> None:
    tab.ask("#echo first")
    other = tab.person.open(tab.page.url)
    expect(other.questions).to_have_count(1)
    _choose(tab, ("a.txt", b"a"))
    expect(_waiting(tab)).to_have_count(1)

    tab.send("#echo second")

    expect(_sent(other)).to_have_text(["a.txt"])


def test_a_big_file_is_saved_whole_from_the_page(tab: Tab, tmp_path: Path) -> None:
    text = "".join(f"{number}: the server answered within time\n" for number in range(580))
    assert 20_000 < len(text) < 24_000
    _choose(tab, ("big.log", text.encode()))
    expect(_waiting(tab)).to_have_count(1)
    tab.message.press("Enter")
    tab.expect_end()
    file = tab.questions.locator(".file")
    file.locator("summary").click()

    with tab.page.expect_download() as download:
        file.get_by_role("link", name="Save the file").click()

    download.value.save_as(tmp_path / "saved")
    assert download.value.suggested_filename == "big.log"
    assert (tmp_path / "saved").read_text("utf-8") == text


def test_a_file_that_is_opened_at_the_end_stays_where_it_is(tab: Tab) -> None:
    tab.ask("#default")
    _choose(tab, ("long.txt", b"line\n" * 300))
    expect(_waiting(tab)).to_have_count(1)
    tab.message.press("Enter")
    expect(tab.questions).to_have_count(2)
    tab.expect_end()
    expect(tab.jump).to_be_hidden()
    head = tab.questions.last.locator("summary")
    head.scroll_into_view_if_needed()
    before = head.evaluate(_TOP)

    head.press("Enter")

    expect(tab.questions.last.locator("pre")).to_be_visible()
    expect(tab.jump).to_be_visible()
    assert head.evaluate(_TOP) == before


def test_without_script_files_are_chosen_in_the_form(meet: Meet, liaobots: Upstream) -> None:
    person = meet()
    person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321").page.close()
    cookies: Any = person.context.cookies()
    plain = meet(java_script_enabled=False)
    plain.context.add_cookies(cookies)
    tab = plain.open()

    _choose(tab, ("a.txt", b"content"))
    tab.message.fill("#echo without script")
    tab.send_button.click()

    expect(_sent(tab)).to_have_text(["a.txt"])
    assert liaobots.received[-1].last_message.endswith("a.txt\n```txt\ncontent\n```")


def _choose(tab: Tab, *files: tuple[str, bytes]) -> None:
    tab.page.get_by_label("Attach files").set_input_files(
        [{"name": name, "mimeType": "", "buffer": content} for name, content in files]
    )


def _waiting(tab: Tab) -> Locator:
    files = tab.page.get_by_role("list", name="Attached files")
    return files.locator(".files__name")


def _sent(tab: Tab) -> Locator:
    return tab.questions.last.locator(".file__name")


def _remove(tab: Tab, name: str) -> Locator:
    return tab.page.get_by_role("button", name=f"Remove {name}")
