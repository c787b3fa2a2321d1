"""Whatever a model writes, the page gets our elements and attributes and no others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render import corpus
from tests.render.page import Element, Page, parse
from webapp.render import StreamingRenderer, render_blocks
from webapp.render.clean import clean

ELEMENT_NAMES = (
    "div p h2 h3 h4 h5 h6 ul ol li blockquote hr br wbr a strong em s sup code pre span button "
    "input section table thead tbody tr th td math"
)
ELEMENTS = set(ELEMENT_NAMES.split())
MATH = re.compile(
    r"m(?:enclose|frac|i|multiscripts|n|o|over|padded|phantom|prescripts|root|row"
    r"|space|sqrt|style|sub|subsup|sup|table|td|text|tr|under|underover)"
)
ATTRIBUTES = {
    "a": {"href", "title", "target", "rel", "id", "class"},
    "button": {"type", "class", "data-copy"},
    "input": {"type", "class", "checked", "disabled", "aria-label"},
    "li": {"class", "id"},
    "ol": {"start", "data-g"},
    "pre": {"tabindex", "dir"},
    "div": {"class", "dir"},
    "code": {"class", "data-g"},
    **{tag: {"class"} for tag in ("section", "span", "sup", "td", "th")},
    **{tag: {"data-g"} for tag in ("p", "ul", "tbody")},
}


def complaints(element: Element, prefix: str):
    for each in element.walk():
        if MATH.fullmatch(each.tag) or each.tag == "math":
            bad = {name for name in each.attributes if name == "style" or name.startswith("on")}
            bad |= each.attributes.keys() & {"id", "href", "src"}
        elif each.tag in ELEMENTS:
            bad = each.attributes.keys() - ATTRIBUTES.get(each.tag, set())
        else:
            yield f"<{each.tag}>"
            continue
        yield from (f"{name} of <{each.tag}>" for name in bad)
        address = each.attributes.get("href")
        if address and not re.match(rf"https?://|mailto:|#{prefix}fn(ref)?-\d", address):
            yield f"a link to {address}"
        if not each.attributes.get("id", prefix).startswith(prefix):
            yield f"an id {each.attributes['id']}"


def assert_safe(html: str, prefix: str = "m1-"):
    for node in parse(html):
        if isinstance(node, Element):
            assert list(complaints(node, prefix)) == []


def stream(text: str, length: int):
    renderer = StreamingRenderer(id_prefix="m1-")
    for start in range(0, len(text), length):
        renderer.feed(text[start : start + length])
        yield from renderer.flush()
    yield from renderer.close(text)


@pytest.mark.parametrize("number", range(len(corpus.ATTACKS)))
def test_an_attack_cut_at_every_character_stays_harmless(number):
    attack = corpus.ATTACKS[number]
    for cut in range(len(attack) + 1):
        renderer = StreamingRenderer(id_prefix="m1-")
        for piece, so_far in ((attack[:cut], attack[:cut]), (attack[cut:], attack)):
            renderer.feed(piece)
            for _, shell, _, html in [*renderer.flush(), *renderer.close(so_far)][:9]:
                assert_safe(shell or "")
                assert_safe(html)
        assert_safe(renderer.snapshot())


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(corpus.ATTACKS + corpus.FRAGMENTS + corpus.BLOCKS), min_size=3, max_size=30
    ),
    st.integers(1, 60),
)
def test_attacks_among_other_text_stay_harmless(parts, length):
    for _, shell, _, html in stream("".join(parts), length):
        assert_safe(shell or "")
        assert_safe(html)


def test_the_check_itself_finds_what_is_forbidden():
    for bad in (
        "<script></script>",
        '<p style="color:red"></p>',
        '<a href="javascript:x"></a>',
        '<p onclick="x"></p>',
        "<math><mi href='https://e.org'></mi></math>",
        '<li id="other"></li>',
    ):
        with pytest.raises(AssertionError):
            assert_safe(bad)


def test_every_child_is_what_a_browser_makes_of_it():
    """The gate parses like a browser: HTML that it would change is not what is shown."""
    chance = corpus.chance_of(5)
    text = "\n".join(chance.sample(corpus.BLOCKS, len(corpus.BLOCKS)))

    html = render_blocks(text, id_prefix="m1-").replace('</div><div class="part">', "")
    html = html.removeprefix('<div class="part">').removesuffix("</div>")
    for block in re.split(r'(?=<div class="block")', html):
        inner = block.removeprefix('<div class="block" dir="auto">').removesuffix("</div>")
        assert clean(inner) == inner


def test_an_image_is_a_link_and_nothing_is_fetched():
    html = render_blocks("![a *cat*](https://example.org/cat.png)")

    [block] = Page(html).blocks
    assert block.text == "a cat (https://example.org/cat.png)"
    assert 'href="https://example.org/cat.png"' in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "text", ["![](https://e.org/?q=a)", "![https://e.org/?q=a](https://e.org/?q=a)"]
)
def test_an_image_without_a_name_shows_its_address_once(text):
    assert Page(render_blocks(text)).text == "https://e.org/?q=a"


def test_an_image_in_a_link_shows_its_address_too():
    html = render_blocks("[![a](https://e.org/?q=a)](https://f.org)")

    assert Page(html).text == "a (https://e.org/?q=a)"
    assert html.count("href=") == 1


def test_links_open_elsewhere_and_tell_nothing():
    html = render_blocks("[a](https://example.org)")

    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


@pytest.mark.parametrize("address", ["javascript:x", "/c/1", "#top", "//e.org", "data:,x", "x.md"])
def test_a_link_that_does_not_leave_the_page_stays_as_written(address):
    assert Page(render_blocks(f"[a]({address})")).text == f"[a]({address})"


def test_footnotes_of_two_answers_in_one_page_do_not_meet():
    text = "See[^1] and[^1].\n\n[^1]: Note.\n"
    page = render_blocks(text, id_prefix="m1-") + render_blocks(text, id_prefix="m2-")

    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids)) == 6
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)


def test_a_protocol_frame_in_an_answer_is_text():
    text = '{"type":"done"} event: error \x1b[31m \u2028 end'

    assert Page(render_blocks(text)).text == text
