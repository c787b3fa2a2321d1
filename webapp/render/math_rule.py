r"""The Markdown rule for formulas: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and `\begin{…}…\end{…}`.

A formula ends in its own paragraph. One on lines of its own is a block, and may
interrupt a paragraph; a block that is still open where the text ends is marked
pending if the parser is told that more may come (`env["growing"]`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from markdown_it.common.utils import escapeHtml

from webapp.render.formulas import MAX_LENGTH, mathml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

MAX_LINES: Final = 100

_CLOSER: Final = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_ENVIRONMENT: Final = re.compile(
    r"\\begin\{((?:equation|align|alignat|aligned|gather|gathered|multline|split|cases|array"
    r"|[pbBvV]?matrix|smallmatrix)\*?)\}"
)
_AFTER: Final = re.compile(r"[ \t]*([.,;]?)[ \t]*$")


def math_rule(parser: MarkdownIt) -> None:
    parser.block.ruler.before(
        "fence", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.inline.ruler.before("escape", "math_inline", _inline)
    parser.add_render_rule("math_block", _render_block)
    parser.add_render_rule("math_inline", _render_inline)


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 - the parser calls it so
    if state.is_code_block(start_line):
        return False
    start = state.bMarks[start_line] + state.tShift[start_line]
    opener, closer = _delimiters(state.src, start)
    if not opener or opener == "\\(":
        return False
    found = _closing_line(state, start_line, end_line, position=start + len(opener), closer=closer)
    if found is None:
        return False
    line, end = found
    after = _AFTER.match(state.src, end + len(closer), state.eMarks[line]) if end >= 0 else None
    if end >= 0 and after is None:
        return False
    if silent:
        return True
    source = state.getLines(start_line, line + 1, state.sCount[start_line], keepLastLF=False)
    source = source.strip()
    token = state.push("math_block", "math", 0)
    token.block = True
    token.map = [start_line, line + 1]
    token.content = _body(source[: source.rfind(closer)] if after else source, opener, closer)
    token.info = after[1] if after else ""
    token.meta = {"pending": after is None}
    state.line = line + 1
    return True


def _closing_line(
    state: StateBlock, start_line: int, end_line: int, *, position: int, closer: str
) -> tuple[int, int] | None:
    """Find the line and the position of `closer`; -1 where the text may still bring it."""
    growing = bool(state.env.get("growing"))
    bound = position + MAX_LENGTH
    closes = state.src.find(closer, position, bound) >= 0
    if not closes and not (growing and len(state.src) <= bound):
        return None
    for line in range(start_line, min(end_line, start_line + MAX_LINES)):
        if line > start_line:
            if state.isEmpty(line) or state.sCount[line] < state.blkIndent:
                return None
            position = state.bMarks[line] + state.tShift[line]
        end = state.src.find(closer, position, state.eMarks[line])
        if end >= 0:
            return line, end
    at_the_end = growing and end_line == state.lineMax <= start_line + MAX_LINES
    return (end_line - 1, -1) if at_the_end else None


def _inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser calls it so
    start = state.pos
    if state.src[start] not in "$\\":
        return False
    opener, closer = _delimiters(state.src, start)
    if opener:
        end = state.src.find(closer, start + len(opener), state.posMax)
        if end < 0 or not state.src[start + len(opener) : end].strip():
            return False
    else:
        opener = closer = "$"
        end = dollar_end(state.src, start, state.posMax)
        if end < 0:
            return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = _body(state.src[start:end], opener, closer)
        token.meta = {"display": opener not in ("$", "\\(")}
    state.pos = end + len(closer)
    return True


def dollar_end(text: str, start: int, limit: int) -> int:
    """Find the `$` that closes the one at `start`, or -1: prices are no formulas."""
    first = start + 1
    if text[start] != "$" or first >= limit or text[first].isspace() or text[first] == "$":
        return -1
    if start and (text[start - 1].isalnum() or text[start - 1] == "$"):
        return -1
    end = text.find("$", first, limit)
    while end > 0 and text[end - 1] == "\\":
        end = text.find("$", end + 1, limit)
    if end < 0 or text[end - 1].isspace():
        return -1
    if end + 1 < limit and (text[end + 1].isalnum() or text[end + 1] == "$"):
        return -1
    return end


def _delimiters(text: str, start: int) -> tuple[str, str]:
    two = text[start : start + 2]
    if two in _CLOSER:
        return two, _CLOSER[two]
    if two == "\\b" and (environment := _ENVIRONMENT.match(text, start)):
        return environment[0], f"\\end{{{environment[1]}}}"
    return "", ""


def _body(source: str, opener: str, closer: str) -> str:
    """Cut the delimiters off `source`, which lacks its closer; an environment keeps its own."""
    if opener.startswith("\\begin"):
        return source + closer
    return source[len(opener) :].strip()


def _render_block(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[index]
    if token.meta["pending"]:
        return f'<div class="math math--pending">{_source(token.content)}</div>'
    formula = mathml(token.content, display=True) or _source(token.content)
    return f'<div class="math">{formula}{escapeHtml(token.info)}</div>'


def _render_inline(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[index]
    return mathml(token.content, display=token.meta["display"]) or _source(token.content)


def _source(latex: str) -> str:
    return f'<code class="math__source">{escapeHtml(latex)}</code>'
