"""Images: pasted, dropped and chosen, seen before they are sent and ever after."""

from __future__ import annotations

import base64
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.person import Person, Tab
from tests.support import pictures
from tests.support.server import Server

Meet = Callable[..., Person]

# What a person drags or pastes exists outside of the page; its events are made here.
_FILE = """
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
"""
_DROP = f"""([name, content]) => {{ {_FILE}
  for (const type of ["dragenter", "dragover", "drop"])
    document.querySelector(".transcript").dispatchEvent(
      new DragEvent(type, {{ dataTransfer: data, bubbles: true, cancelable: true }}));
}}"""
# As browsers copy an image of a page: with its markup, and without a text.
_PASTE = f"""(box, [name, content]) => {{ {_FILE}
  data.setData("text/html", "<img src='https://example.org/a.png'>");
  box.dispatchEvent(new ClipboardEvent("paste",
    {{ clipboardData: data, bubbles: true, cancelable: true }}));
}}"""
_LOADED = "(one) => one.complete && one.naturalWidth"


def test_images_are_pasted_and_dropped_seen_sent_and_there_after_a_reload(
    meet: Meet, seeing: Server
) -> None:
    tab = _tab(meet, seeing)
    photograph = pictures.saved(pictures.photograph(900, 600), "JPEG")

    tab.message.evaluate(_PASTE, ["image.png", _text(pictures.png())])
    expect(_names(tab)).to_have_text(["image.png"])
    tab.page.evaluate(_DROP, ["photo.jpg", _text(photograph)])
    expect(_names(tab)).to_have_text(["image.png", "photo.jpg"])
    for thumbnail in _waiting(tab).locator("img").all():
        assert tab.until(lambda one=thumbnail: one.evaluate(_LOADED))
    tab.send("#echo what are they?")

    expect(_names(tab)).to_have_count(0)
    tab.expect_end()
    images = tab.questions.get_by_role("img")
    expect(images).to_have_count(2)
    tab.page.reload()
    for name, width in (("image.png", 60), ("photo.jpg", 640)):
        image = tab.questions.get_by_role("img", name=name)
        assert tab.until(lambda one=image: one.evaluate(_LOADED)) == width
    tab.questions.get_by_role("link", name="photo.jpg").click()
    whole = tab.page.get_by_role("dialog", name="photo.jpg")
    assert tab.until(lambda: whole.locator("img").evaluate(_LOADED)) == 900
    tab.page.keyboard.press("Escape")
    expect(whole).to_be_hidden()


def test_who_turns_to_a_model_without_eyes_is_told_before_sending(
    meet: Meet, seeing: Server
) -> None:
    tab = _tab(meet, seeing)
    tab.page.get_by_label("Attach files").set_input_files(
        [{"name": "a.png", "mimeType": "image/png", "buffer": pictures.png()}]
    )
    expect(_names(tab)).to_have_text(["a.png"])

    tab.choose("GPT-4")

    gauge = tab.page.locator(".gauge")
    expect(gauge).to_contain_text("GPT-4 takes text alone. Remove the images")
    tab.send("#echo look")
    expect(tab.alert).to_contain_text("GPT-4 takes text alone.")
    expect(_names(tab)).to_have_text(["a.png"])
    tab.page.get_by_role("button", name="Remove a.png").click()
    expect(gauge).to_be_hidden()
    tab.message.press("Enter")
    tab.expect_end()


def _tab(meet: Meet, server: Server) -> Tab:
    person = meet(server)
    person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321").page.close()
    tab = person.open()
    tab.choose("Seer")
    return tab


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _waiting(tab: Tab) -> Locator:
    return tab.page.get_by_role("list", name="Attached files")


def _names(tab: Tab) -> Locator:
    return _waiting(tab).locator(".files__name")
