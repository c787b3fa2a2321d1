"""Our Markdown: CommonMark with tables, strikethrough, tasks, bare links and formulas.

Two parsers share everything but footnotes, which only a whole text can number: `WHOLE`
is for a finished answer, `PART` for the pieces of a growing one. Both are made once
and only read afterwards, so threads may share them. What a render needs to know
travels in `env`:

    translate   gettext for the words that people read
    id_prefix   what makes the ids of this answer unique in the page
    growing     whether the text may go on (see math_rule)
    lead        characters of the first paragraph that are context, not content
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore, text_join
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from webapp.render.clean import LINK_SCHEMES
from webapp.render.code_block import code_frame, code_lines
from webapp.render.footnotes import footnote_look
from webapp.render.math_rule import math_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.utils import EnvType, OptionsDict

MAX_NESTING: Final = 24
"""Levels of blocks (a list item is two). What lies deeper is shown as plain text."""

MAX_SEGMENT: Final = 4_000
"""Characters of inline text parsed at once. Nothing (emphasis, a link) spans two
segments. It bounds what a rule can look ahead, and with it the cost of any text."""

MAX_REFERENCE: Final = 300
"""Characters of address and title in a link definition."""

_MANY_BRACKETS: Final = 400
_BRACKET_SEGMENT: Final = 500
"""A segment with many brackets is cut shorter: an end is sought for each, in square time."""

PENDING_LINK: Final = "about:pending"
"""The address of a link whose own one is still being written: it leads nowhere."""

_SCHEME: Final = re.compile(rf"(?:{'|'.join(sorted(LINK_SCHEMES))}):", re.IGNORECASE)
_LINK_COLON: Final = re.compile(r".{0,2}https?://|mailto:", re.DOTALL)
_ALIGNMENT: Final = re.compile(r"text-align:(left|center|right)")


def _make_parser(*, footnotes: bool) -> MarkdownIt:
    options = {"html": False, "xhtmlOut": False, "tasklists": True, "maxNesting": MAX_NESTING}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.use(gfm_autolink_plugin).use(math_rule)
    if footnotes:
        parser.use(footnote_plugin, inline=False)
        footnote_look(parser)
    parser.validateLink = _may_link  # type: ignore[assignment,method-assign]
    parser.block.ruler.before("table", "too_deep", _too_deep)
    parser.inline.ruler.before("gfm_autolink_www", "plain_colon", _plain_colon)
    parser.core.ruler.after("block", "references", _references_rule)
    parser.core.ruler.at("inline", _inline_rule)
    for rule in (
        fence,
        heading_open,
        heading_close,
        list_item_open,
        th_open,
        wordbreak,
    ):
        parser.add_render_rule(rule.__name__, rule)
    parser.add_render_rule("code_block", fence)
    parser.add_render_rule("td_open", th_open)
    parser.parse("*Compile* the `rules` before threads share them: https://example.org", {})
    return parser


def parse_blocks(parser: MarkdownIt, source: str, env: EnvType) -> list[Token]:
    """Run the block phase alone: inline tokens have content, and no children yet."""
    tokens: list[Token] = []
    parser.block.parse(source, parser, env, tokens)
    _drop_long_references(env)
    return tokens


def _drop_long_references(env: EnvType) -> None:
    """Forget link definitions that are long: each use repeats them, 100 KB would become 450 MB."""
    references = env.get("references", {})
    for label, reference in list(references.items()):
        if len(reference["href"]) + len(reference["title"]) > MAX_REFERENCE:
            del references[label]


def _references_rule(state: StateCore) -> None:
    _drop_long_references(state.env)


def parse_inline(parser: MarkdownIt, tokens: Sequence[Token], env: EnvType) -> None:
    """Run the inline phase on some of the tokens of `parse_blocks`."""
    state = StateCore("", parser, env, list(tokens))
    _inline_rule(state)
    text_join(state)


def _may_link(address: str) -> bool:
    """Keep links that leave the page for a known scheme; others stay as they were written."""
    return bool(_SCHEME.match(address)) or address == PENDING_LINK


def _too_deep(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 - the parser calls it so
    """Show what is nested too deeply as a plain paragraph, where the parser would drop it."""
    if state.level < MAX_NESTING - 4 or silent:
        return False
    state.push("paragraph_open", "p", 1).map = [start_line, end_line]
    token = state.push("inline", "", 0)
    token.content = state.getLines(start_line, end_line, state.blkIndent, keepLastLF=False)
    token.map = [start_line, end_line]
    token.children = []
    token.meta = {"plain": True}
    state.push("paragraph_close", "p", -1)
    state.line = end_line
    return True


def _plain_colon(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser calls it so
    """Pass over a colon that makes no link.

    The rule for bare links copies and scans all text round each colon first, and of
    `xmpp:`, which is no link of ours, it would eat the scheme.
    """
    if state.src[state.pos] != ":" or _LINK_COLON.match(state.src, max(0, state.pos - 6)):
        return False
    if not silent:
        state.append_pending(":")
    state.pos += 1
    return True


def _inline_rule(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            lead = state.env.pop("lead", 0)
            token.children = list(_inline_tokens(token, token.content[lead:], state))


def _inline_tokens(token: Token, content: str, state: StateCore) -> Iterator[Token]:
    """Parse inline content by segments."""
    if token.meta.get("plain"):
        yield Token("text", "", 0, content=content)
        return
    for number, segment in enumerate(segments(content)):
        if number:
            yield Token("wordbreak", "", 0)
        yield from _linked(state.md.inline.parse(segment, state.md, state.env, []))


def segments(content: str) -> Iterator[str]:
    """Cut `content` behind white space; each cut depends on the text before it alone."""
    start = 0
    while len(content) - start > MAX_SEGMENT:
        limit = start + MAX_SEGMENT
        if content.count("[", start, limit) > _MANY_BRACKETS:
            limit = start + _BRACKET_SEGMENT
        space = max(content.rfind(" ", start + 1, limit), content.rfind("\n", start + 1, limit))
        cut = space + 1 if space > 0 else limit
        yield content[start:cut]
        start = cut
    yield content[start:]


def _linked(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield `tokens` with images as links to them, and without links inside a link."""
    depth = 0
    for token in tokens:
        if token.type == "link_open":
            depth += 1
            if token.attrs.get("href") == PENDING_LINK:
                token.attrs = {"class": "link--pending"}
            elif depth == 1:
                token.attrs["target"] = "_blank"
        if token.type == "image":
            yield from _image(token, linked=depth > 0)
        elif token.type == "footnote_ref":
            token.meta["linked"] = depth > 0
            yield token
        else:
            yield token
        if token.type == "link_close":
            depth -= 1


def _image(token: Token, *, linked: bool) -> Iterator[Token]:
    """Turn an image into a link: fetching it would tell its host who reads what.

    The whole address is shown: it may hold what an answer was made to carry away.
    """
    address = str(token.attrs["src"])
    name = _plain(token.children or []).strip()
    shown = f"{name} ({address})" if name and name != address else address
    text = Token("text", "", 0, content=shown)
    if linked:
        yield text
        return
    attributes: dict[str, str | int | float] = {"href": address, "target": "_blank"}
    if title := token.attrs.get("title"):
        attributes["title"] = title
    yield Token("link_open", "a", 1, attrs=attributes)
    yield text
    yield Token("link_close", "a", -1)


def _plain(tokens: Sequence[Token]) -> str:
    return "".join(
        _plain(token.children)
        if token.children
        else token.content or " " * (token.type == "softbreak")
        for token in tokens
    )


def fence(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    opening, closing = code_frame(tokens[index].info, env["translate"])
    lines = code_lines(tokens[index].content, tokens[index].info)
    return f"{opening}>{''.join(lines)}{closing}"


def heading_open(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f"<{_heading(tokens[index])}>"


def heading_close(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f"</{_heading(tokens[index])}>"


def _heading(token: Token) -> str:
    """`h1` is the page's own: an answer's headings begin below it."""
    return f"h{min(int(token.tag[1]) + 1, 6)}"


def list_item_open(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    checked = tokens[index].meta.get("checked")
    if checked is None:
        return "<li>"
    label = env["translate"]("Done") if checked else env["translate"]("To do")
    return (
        f'<li class="task"><input class="task__box" type="checkbox" disabled=""'
        f' aria-label="{escapeHtml(label)}"{" checked=" + chr(34) * 2 if checked else ""}> '
    )


def th_open(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[index]
    alignment = _ALIGNMENT.match(str(token.attrs.get("style", "")))
    return f'<{token.tag} class="align-{alignment[1]}">' if alignment else f"<{token.tag}>"


def wordbreak(
    _self: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "<wbr>"


WHOLE: Final = _make_parser(footnotes=True)
PART: Final = _make_parser(footnotes=False)
