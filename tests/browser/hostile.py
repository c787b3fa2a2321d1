"""Hostile texts in a real page: how they get there, and how to tell that none was obeyed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.person import Tab
from tests.upstream import Call

_DANGEROUS = "script, style, img, iframe, object, embed, form, meta, base, link, svg, video, audio"


class Saying:
    """An answer that is cut anywhere, inside characters too."""

    def __init__(self, texts: Sequence[str], chance: random.Random) -> None:
        self._content = "\n\n".join(texts).encode("utf-8", "surrogatepass")
        self._chance = chance

    def __call__(self, call: Call) -> None:
        call.start()
        at = 0
        while at < len(self._content):
            size = self._chance.choice((1, 3, 17, 90, 400, 900))
            call.piece(self._content[at : at + size])
            at += size
            call.pause(self._chance.choice((0, 0, 0.001, 0.02)))
        call.end()


def expect_harmless(page: Page, place: str = "body") -> None:
    """Nothing ran and nothing can; that nothing was asked elsewhere, `meet` sees to."""
    assert page.evaluate("() => globalThis.__x") is None
    # `DOMParser` and sinks aside, what is in the document is what may act.
    found = page.evaluate(
        """place => [...document.querySelector(place).querySelectorAll("*")].flatMap(one => [
          ...one.getAttributeNames()
            .filter(name => /^on|^(style|srcdoc|srcset|ping|background|poster|nonce)$/.test(name)),
          ...["href", "xlink:href", "action", "formaction", "src", "data"]
            .filter(name => one.hasAttribute(name))
            .map(name => new URL(one.getAttribute(name), document.baseURI).protocol)
            .filter(scheme => !["https:", "http:", "mailto:", "file:", "data:"].includes(scheme)),
        ])""",
        place,
    )
    assert found == []


def expect_only_text(tab: Tab) -> None:
    """The messages of a page hold our elements alone."""
    expect_harmless(tab.page)
    expect(tab.log.locator(".message__body").locator(_DANGEROUS)).to_have_count(0)


def expect_harmless_file(beside: Page, file: Path) -> None:
    """An exported page that is opened from a disk, where no server's policy protects it."""
    chromium = beside.context.browser
    assert chromium is not None
    with chromium.new_context() as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda one: faults.append(one.url) if "file:" not in one.url else None)
        page.goto(file.as_uri())
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect_harmless(page)
        expect(page.locator("img, iframe, object, embed, form, base, video")).to_have_count(0)
    assert faults == []
