"""Answers and questions that try to be more than text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, Tab
from tests.browser.scripts import saying
from tests.render.corpus import ATTACKS
from tests.upstream import Upstream

Meet = Callable[..., Person]

_MORE = (
    "<script>window.__x=1</script>",
    "<svg/onload=window.__x=1><p>",
    "<details open ontoggle=window.__x=1>",
    "<a href=javascript:window.__x=1 autofocus tabindex=1 onfocus=window.__x=1>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<base href='http://127.0.0.1:9/'><link rel=stylesheet href=//127.0.0.1:9/x.css>",
    "<form action=http://127.0.0.1:9/><button>Send</button></form>",
    "<div data-copy='message' data-g id=message class=transcript>",
    '"></div></article><script>window.__x=1</script>',
    "{{ 7*7 }} ${window.__x=1} <%= 7 %>",
    "</textarea></template></title><img src=x onerror=window.__x=1>",
)
_PAYLOADS = (*ATTACKS, *_MORE)


@pytest.mark.parametrize("size", [1, 1000])
def test_nothing_that_an_answer_says_is_done(tab: Tab, liaobots: Upstream, size: int) -> None:
    hostile = "\n\n".join(_PAYLOADS)
    liaobots.enqueue(saying(hostile, size=size, pause=0.0002))

    tab.ask("attack me")

    _expect_harmless(tab)
    tab.page.reload()
    tab.expect_end()
    _expect_harmless(tab)


def test_nothing_that_a_person_writes_is_done(tab: Tab, liaobots: Upstream) -> None:
    hostile = "\n\n".join(_PAYLOADS)
    liaobots.enqueue("default")

    tab.ask(hostile)

    _expect_harmless(tab)
    assert tab.questions.locator(".message__body").inner_text() == hostile.replace("\r", "\n")
    tab.page.reload()
    _expect_harmless(tab)


def test_a_title_that_is_markup_is_text_in_the_list(tab: Tab) -> None:
    tab.ask("<img src=x onerror=__x=1>")

    expect(tab.page.get_by_role("heading", level=1)).to_have_text("<img src=x onerror=__x=1>")
    expect(tab.page).to_have_title("<img src=x onerror=__x=1> · Liaochat")
    entry = tab.conversations.locator(f"[data-conversation='{tab.conversation}']")
    expect(entry).to_have_text("<img src=x onerror=__x=1>")
    _expect_harmless(tab)


def test_images_in_answers_are_named_and_not_loaded(tab: Tab, liaobots: Upstream) -> None:
    liaobots.enqueue(saying(f"Look: ![a secret map]({liaobots.url}/map.png?q=secret)"))

    tab.ask("show me")

    expect(tab.words).to_contain_text("a secret map")
    expect(tab.words.locator("img")).to_have_count(0)
    assert not [one for one in liaobots.received if one.path.startswith("/map.png")]


def test_links_of_answers_tell_nobody_where_they_stood(tab: Tab, liaobots: Upstream) -> None:
    liaobots.enqueue(saying("A [link](https://example.org/) and <https://example.com/>."))

    tab.ask("links please")

    links = tab.words.get_by_role("link")
    expect(links).to_have_count(2)
    for link in links.all():
        relation = (link.get_attribute("rel") or "").split()
        assert {"noopener", "noreferrer"} <= set(relation)


def _expect_harmless(tab: Tab) -> None:
    """Nothing ran and nothing can; that nothing was asked elsewhere, `meet` sees to."""
    page = tab.page
    assert page.evaluate("() => globalThis.__x") is None
    dangerous = "script, style, img, iframe, object, embed, form, meta, base, link, svg animate"
    expect(tab.log.locator(".message__body").locator(dangerous)).to_have_count(0)
    schemes = tab.log.evaluate(
        "log => [...log.querySelectorAll('[href]')].map(link => new URL(link.href).protocol)"
    )
    assert set(schemes) <= {"https:", "http:", "mailto:"}
    handlers = tab.log.evaluate(
        """log => [...log.querySelectorAll('*')].flatMap(one => one.getAttributeNames())
          .filter(name => name.startsWith('on') || name === 'style' || name === 'srcdoc')"""
    )
    assert handlers == []
