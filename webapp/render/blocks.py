"""Tokens to blocks: a shell, and children that are one DOM node each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from markdown_it.token import Token

from webapp.render.clean import clean, clean_row
from webapp.render.code_block import code_frame, code_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.utils import EnvType

IN_A_PART: Final = 8
"""Blocks that stand in one part of an answer. A browser skips the parts that are out of
sight, and an answer of hundreds of blocks grows as quickly as one of a few."""

_WRAPPER: Final = '<div class="block" dir="auto">'
_TEXT: Final = frozenset({"text", "softbreak"})


@dataclass(slots=True)
class Block:
    """One top-level block.

    `opening` ends inside the tag that the children stand in, before its `>`, so that
    the mark of the growing point can be left out or put in. Without an opening the
    children stand in the block itself.
    """

    opening: str = ""
    closing: str = ""
    children: list[str] = field(default_factory=list)

    @property
    def shell(self) -> str:
        return f'{self.opening} data-g="">{self.closing}' if self.opening else ""

    def html(self, *, marked: bool) -> str:
        """The block as one string, its growing point `marked` for later ops or not."""
        inner = "".join(self.children)
        if not self.opening:
            return f"{_WRAPPER}{inner}</div>"
        mark = ' data-g=""' if marked else ""
        return f"{_WRAPPER}{self.opening}{mark}>{inner}{self.closing}</div>"


def join(blocks: Sequence[Block], *, marked: bool) -> str:
    """Write the body of an answer: its blocks, some to a part."""
    html = [block.html(marked=marked) for block in blocks]
    parts = (html[at : at + IN_A_PART] for at in range(0, len(html), IN_A_PART))
    return "".join(f'<div class="part">{"".join(part)}</div>' for part in parts)


def groups(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Cut a stream of tokens into its top-level elements."""
    start = depth = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield tokens[start : index + 1]
            start = index + 1


def make_block(parser: MarkdownIt, tokens: Sequence[Token], env: EnvType) -> Block:
    """Render one top-level element, its inline content parsed."""
    first = tokens[0]
    match first.type:
        case "paragraph_open":
            pieces = _pieces(parser, tokens[1].children or [], env)
            return Block("<p", "</p>", list(pieces))
        case "fence" | "code_block":
            opening, closing = code_frame(first.info, env["translate"])
            return Block(
                clean(f"{opening}>{closing}").removesuffix(f">{closing}"),
                closing,
                [clean(line) for line in code_lines(first.content, first.info)],
            )
        case "bullet_list_open" | "ordered_list_open":
            start = f' start="{first.attrs["start"]}"' if "start" in first.attrs else ""
            items = groups(tokens[1:-1])
            return Block(
                f"<{first.tag}{start}",
                f"</{first.tag}>",
                [clean(_render(parser, item, env)) for item in items],
            )
        case "table_open":
            return _table(parser, tokens, env)
    return Block(children=[clean(_render(parser, tokens, env)).strip()])


def _table(parser: MarkdownIt, tokens: Sequence[Token], env: EnvType) -> Block:
    head, *bodies = groups(tokens[1:-1])
    rows = groups(bodies[0][1:-1]) if bodies else ()
    end = "</table></div>"
    header = clean(f'<div class="table"><table>{_render(parser, head, env)}{end}').removesuffix(end)
    return Block(
        f"{_tight(header)}<tbody",
        f"</tbody>{end}",
        [_tight(clean_row(_render(parser, row, env))) for row in rows],
    )


def _tight(html: str) -> str:
    """Drop the newlines between the cells of a table: each would be a node of its own."""
    return html.replace("\n", "")


def _render(parser: MarkdownIt, tokens: Sequence[Token], env: EnvType) -> str:
    html: str = parser.renderer.render(tokens, parser.options, env)
    return html.strip("\n")


def _pieces(parser: MarkdownIt, tokens: Sequence[Token], env: EnvType) -> Iterator[str]:
    """Render the content of a paragraph, each piece one text node or one element."""
    text: list[str] = []
    for group in groups(tokens):
        inline = Token("inline", "", 0, children=list(group))
        html: str = parser.renderer.render([inline], parser.options, env)
        if group[0].type in _TEXT:
            text.append(html)
            continue
        if any(text):
            yield "".join(text)
        text.clear()
        yield clean(html.strip("\n"))
    if any(text):
        yield "".join(text)
