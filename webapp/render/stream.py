"""The streaming renderer: what changed on the page since the last flush, as ops.

CommonMark never reopens a closed block, so of a growing text only the last top-level
block is open; what is complete before it is rendered once and settled. Within an
open list, table or long paragraph the finished children are settled as well. What a
later link definition or footnote changes in settled blocks, the last render repairs.
"""

from __future__ import annotations

import re
from array import array
from collections import ChainMap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from webapp.render.blocks import Block, groups, join, make_block
from webapp.render.fence import GrowingFence
from webapp.render.markdown import whole_blocks
from webapp.render.mend import hold_back, mend
from webapp.render.parser import MAX_SEGMENT, PART, parse_blocks, parse_inline, segments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markdown_it.token import Token

Op = tuple[int, str | None, int, str]
"""(block, shell, keep, html), as docs/protocol.md says under "Patches"."""

_NEWLINES: Final = re.compile(r"\r\n?")
_FOOTNOTE: Final = re.compile(r"\[\^[^\]\n]*\]:")
_LINE_END: Final = re.compile(r"\n")
_BLANK_LINES: Final = re.compile(r"(?:[ \t]*\n)+")
_PLAIN: Final = re.compile(r"[^\W_\n]*(?:[ ,][^\W_\n]*)*")
_PLAIN_END: Final = re.compile(r"\s[^\W_]+(?:[.,;?]? )?\Z")
_LONGEST_WORD: Final = 80
_OPEN_ITEMS: Final = 2
"""The last items of a list stay open: only the next marker ends the one before."""

_OPEN_ROWS: Final = 1
_IN_PARTS: Final = (-1, -1)


@dataclass
class _Head:
    """The part of the open block that is settled: `kept` children and their source."""

    kind: str = ""
    kept: int = 0
    opening: str = ""
    closing: str = ""
    source: list[str] = field(default_factory=list)
    preface: str = ""
    """What the parser needs to read before the rest, so as to see the same block."""
    lead: int = 0
    loose: bool = False


class StreamingRenderer:
    """Renders one answer as it grows. Not thread-safe: one caller at a time.

    Every op is for a page that has applied all ops before it, or a `snapshot` and all
    ops since.
    """

    def __init__(self, *, translate: Callable[[str], str] = str, id_prefix: str = "") -> None:
        self._translate = translate
        self._id_prefix = id_prefix
        self._length = 0
        self._fresh: list[str] = []
        self._open = ""
        self._head = _Head()
        self._fence: GrowingFence | None = None
        self._fence_at = 0
        self._references: dict[str, Any] = {}
        self._blocks: list[Block] = []
        self._settled = 0
        self._spans = _Spans()
        self._linked = False
        self._words: str | None = None
        self._work = 0

    @property
    def work(self) -> int:
        """Characters that went through a parser or lexer so far, to see how cost grows."""
        return self._work + (self._fence.work if self._fence else 0)

    @property
    def count(self) -> int:
        """How many blocks a page has that applied all ops so far."""
        return len(self._blocks)

    def feed(self, text: str) -> None:
        """Take the next piece of the answer; it costs nothing until the next flush."""
        self._fresh.append(text)

    def flush(self) -> list[Op]:
        """Bring the page up to date with what was fed, its open end mended."""
        ops: list[Op] = []
        fresh = self._take_fresh()
        if fresh and not self._extend(fresh, ops):
            self._words = None
            self._grow(fresh, ops)
        return ops

    def close(self, text: str) -> list[Op]:
        """Read once more the whole text, which was fed, and repair what differs from it.

        A settled block that was drawn of the same lines is not drawn again, unless a link
        definition may have come or gone since. Only a whole text can number its footnotes.
        Nothing is fed behind it.
        """
        text = _unified(text)
        ops: list[Op] = []
        if _FOOTNOTE.search(text):
            blocks = whole_blocks(text, translate=self._translate, id_prefix=self._id_prefix)
            for index, block in enumerate(blocks):
                self._put(index, block, ops)
            self._drop(len(blocks), ops)
            return ops
        env = {"translate": self._translate, "id_prefix": self._id_prefix}
        found = list(groups(parse_blocks(PART, text, env)))
        lines = _Lines(text)
        linked = self._linked or bool(env.get("references"))
        for index, group in enumerate(found):
            span = lines.span(group)
            stands = index < self._settled and self._spans[index] == span
            if not stands or (linked and group[0].type != "fence" and "[" in text[slice(*span)]):
                parse_inline(PART, group, env)
                self._put(index, make_block(PART, group, env), ops)
        self._drop(len(found), ops)
        return ops

    def snapshot(self, behind: Sequence[Block] = ()) -> str:
        """Join what was sent so far, and blocks `behind` it, with the growing points marked."""
        return join([*self._blocks, *behind], marked=True)

    def html(self, behind: Sequence[Block] = ()) -> str:
        """Join what `close` left, and blocks `behind` it, as `render_blocks` writes them."""
        return join([*self._blocks, *behind], marked=False)

    def _take_fresh(self) -> str:
        r"""Take what was fed, its line ends unified; half a `\r\n` waits for the other."""
        fresh = "".join(self._fresh)
        self._fresh = []
        if fresh.endswith("\r"):
            fresh = fresh[:-1]
            self._fresh = ["\r"]
        fresh = _unified(fresh)
        self._length += len(fresh)
        return fresh

    def _extend(self, fresh: str, ops: list[Op]) -> bool:
        """Add plain words to the text that the open paragraph ends in, without parsing.

        They cannot change what stands before them, nor mean anything but themselves.
        """
        if self._words is None or not _PLAIN.fullmatch(fresh):
            return False
        if len(self._open) + len(fresh) > MAX_SEGMENT:
            return False
        self._open += fresh
        self._words += fresh
        shown = self._words.rstrip()
        children = self._blocks[-1].children
        if children[-1] != shown:
            children[-1] = shown
            ops.append((len(self._blocks) - 1, None, len(children) - 1, shown))
        return True

    def _plain_end(self) -> str | None:
        """Return the text that `_extend` may extend, if the open block ends in such."""
        block = self._blocks[-1] if len(self._blocks) > self._settled else None
        end = self._open[-_LONGEST_WORD:]
        if block is None or block.opening != "<p" or not _PLAIN_END.search(end):
            return None
        last = block.children[-1] if block.children else "<"
        stripped = end.rstrip()
        if last.startswith("<") or not last.endswith(stripped[stripped.rfind(" ") + 1 :]):
            return None
        return last + end[len(stripped) :]

    def _grow(self, fresh: str, ops: list[Op]) -> None:
        if self._fence:
            self._draw_fence(self._fence, fresh, ops)
            if not self._fence.closed:
                return
            fresh = self._settle_fence(self._fence, ops)
            self._fence = None
        self._open += fresh
        if "\n" in fresh:
            self._settle(ops)
        fence = None if self._head.kept else GrowingFence.opened_by(self._open, self._translate)
        if fence:
            rest = self._open.removeprefix(fence.source)
            self._fence = fence
            self._fence_at = self._length - len(self._open)
            self._open = ""
            self._grow(rest, ops)
        else:
            self._draw_open(ops)

    def _draw_fence(self, fence: GrowingFence, text: str, ops: list[Op]) -> None:
        kept, lines = fence.feed(text)
        block = Block(fence.block.opening, fence.block.closing, lines)
        self._put(self._settled, block, ops, kept=kept)
        self._drop(self._settled + 1, ops)

    def _settle_fence(self, fence: GrowingFence, ops: list[Op]) -> str:
        """Render a closed fence once as a whole; return the text behind it."""
        self._work += fence.work
        env = self._env()
        source = fence.source
        self._draw(self._settled, self._parse(source, env), env, ops)
        self._spans.append((self._fence_at, self._fence_at + len(source.removesuffix("\n"))))
        self._settled += 1
        return fence.rest

    def _settle(self, ops: list[Op]) -> None:
        """Settle all blocks but the last, looking at complete lines only."""
        if not self._blocks[self._settled :]:
            self._open = self._open[_end_of(_BLANK_LINES, self._open) :]
        head = self._head
        source = head.preface + self._open[: self._open.rfind("\n") + 1]
        env = self._env() | {"growing": False}  # a guess must not settle what is before it
        tokens = self._parse(source, env)
        found = list(groups(tokens))
        if not found[1:]:
            return
        if head.kept and not self._continues(found[0]):
            self._reopen()
            self._settle(ops)
            return
        self._linked = self._linked or bool(env["references"])
        line = _first_line(found[-1])
        cut = _offset(source, line) - len(head.preface)
        self._references.update(
            {
                label: reference
                for label, reference in env["references"].maps[0].items()
                if reference["map"][0] < line
            }
        )
        lines = _Lines(source, at=self._length - len(self._open) - len(head.preface))
        for group in found[:-1]:
            self._draw(self._settled, group, env, ops)
            self._spans.append(None if self._head.kept else lines.span(group))
            self._head = _Head()
            self._settled += 1
        self._open = self._open[cut:]

    def _draw_open(self, ops: list[Op]) -> None:
        """Draw what is not settled, with its end mended."""
        source = self._head.preface + hold_back(self._open)
        env = self._env()
        tokens = self._parse(source, env)
        found = list(groups(tokens))
        if self._head.kept and (not found or not self._continues(found[0])):
            self._reopen()
            self._draw_open(ops)
            return
        mended = _mend_last(tokens)
        for number, group in enumerate(found):
            self._draw(self._settled + number, group, env, ops)
        self._drop(self._settled + len(found), ops)
        if len(found) == 1:
            self._advance(found[0], source)
        if not mended:
            self._words = self._plain_end()

    def _draw(self, index: int, group: Sequence[Token], env: dict[str, Any], ops: list[Op]) -> None:
        head = self._head if index == self._settled else _Head()
        if head.loose:
            _loosen(group)
        if head.lead:
            env["lead"] = head.lead
        parse_inline(PART, group, env)
        block = make_block(PART, group, env)
        if head.kept:
            block.opening, block.closing = head.opening, head.closing
        self._put(index, block, ops, kept=head.kept)

    def _put(self, index: int, block: Block, ops: list[Op], *, kept: int = 0) -> None:
        """Make `block` the one at `index`; its children follow the first `kept` of the old."""
        if index == len(self._blocks):
            self._blocks.append(block)
            ops.append((index, block.shell, 0, "".join(block.children)))
            return
        old = self._blocks[index]
        if old.shell != block.shell:
            self._blocks[index] = block
            ops.append((index, block.shell, 0, "".join(block.children)))
            return
        same = 0
        limit = min(len(old.children) - kept, len(block.children))
        while same < limit and old.children[kept + same] == block.children[same]:
            same += 1
        if same < len(block.children) or kept + same < len(old.children):
            old.children[kept + same :] = block.children[same:]
            ops.append((index, None, kept + same, "".join(block.children[same:])))

    def _drop(self, count: int, ops: list[Op]) -> None:
        if count < len(self._blocks):
            del self._blocks[count:]
            ops.append((count, None, -1, ""))

    def _advance(self, group: Sequence[Token], source: str) -> None:
        """Settle the finished children of the open block, so that they cost no more."""
        kind = group[0].type
        if kind in ("bullet_list_open", "ordered_list_open"):
            items = list(groups(group[1:-1]))
            done = len(items) - _OPEN_ITEMS
            if done > 0:
                self._keep(group, source, line=_first_line(items[done]), children=done)
                self._head.loose = self._head.loose or _is_loose(group)
        elif kind == "table_open":
            body = list(groups(group[1:-1]))[1:]
            rows = list(groups(body[0][1:-1])) if body else []
            done = len(rows) - _OPEN_ROWS
            if done > 0:
                preface = source[: _offset(source, 2)]
                self._keep(group, source, line=_first_line(rows[done]), children=done)
                self._head.preface = preface
        elif kind == "paragraph_open":
            self._advance_paragraph(group, source)

    def _keep(self, group: Sequence[Token], source: str, *, line: int, children: int) -> None:
        self._keep_to(group, _offset(source, line) - len(self._head.preface), children)

    def _keep_to(self, group: Sequence[Token], cut: int, children: int) -> None:
        head = self._head
        block = self._blocks[self._settled]
        head.kind = group[0].type
        head.opening, head.closing = block.opening, block.closing
        head.kept += children
        head.source.append(self._open[:cut])
        self._open = self._open[cut:]

    def _advance_paragraph(self, group: Sequence[Token], source: str) -> None:
        *done, _ = segments(group[1].content[self._head.lead :])
        text = "".join(done)
        start = len(source) - len(source.lstrip()) if not self._head.kept else 0
        if not text or not self._open.startswith(text, start):
            return
        children = self._blocks[self._settled].children
        last = max(index for index, child in enumerate(children) if child == "<wbr>")
        self._keep_to(group, start + len(text), last + 1 - self._head.kept)
        edge = text[-1] if text[-1] in " \n" else ""
        self._head.preface = "x" + edge
        self._head.lead = len(self._head.preface)

    def _continues(self, group: Sequence[Token]) -> bool:
        """Tell whether the open block is still what its settled part was taken for."""
        head = self._head
        if group[0].type != head.kind:
            return False
        return head.loose or not _is_loose(group)

    def _reopen(self) -> None:
        """Take back that a part of the open block was settled."""
        self._open = "".join([*self._head.source, self._open])
        self._head = _Head()

    def _parse(self, source: str, env: dict[str, Any]) -> list[Token]:
        self._work += len(source)
        return parse_blocks(PART, source, env)

    def _env(self) -> dict[str, Any]:
        """Make an `env` whose definitions are forgotten unless they are settled."""
        return {
            "translate": self._translate,
            "id_prefix": self._id_prefix,
            "growing": True,
            "references": ChainMap({}, self._references),
        }


class _Spans:
    """From where to where in the text each settled block was drawn; None where in parts.

    They are numbers in a row: as objects they would take 120 bytes a block, not 16.
    """

    def __init__(self) -> None:
        self._numbers = array("q")

    def append(self, span: tuple[int, int] | None) -> None:
        self._numbers.extend(span or _IN_PARTS)

    def __getitem__(self, index: int) -> tuple[int, int] | None:
        first, behind = self._numbers[2 * index : 2 * index + 2]
        return None if (first, behind) == _IN_PARTS else (first, behind)


class _Lines:
    """Where the lines of a source begin, which itself stands `at` so many characters."""

    def __init__(self, source: str, *, at: int = 0) -> None:
        self._ends = [at + found.start() for found in _LINE_END.finditer(source)]
        self._ends.append(at + len(source))
        self._at = at

    def span(self, group: Sequence[Token]) -> tuple[int, int]:
        """Tell from where to where a top-level element stands, without its last line end."""
        first, behind = group[0].map or (0, 0)
        return self._ends[first - 1] + 1 if first else self._at, self._ends[behind - 1]


def _unified(text: str) -> str:
    return _NEWLINES.sub("\n", text).replace("\0", "\ufffd")


def _mend_last(tokens: Sequence[Token]) -> bool:
    """Mend the inline text that the source ends in, if it does; tell whether it had to be."""
    for token in reversed(tokens):
        if token.type == "inline":
            if token.content:
                *done, last = segments(token.content)
                mended = mend(last)
                token.content = "".join([*done, mended])
                return mended != last
        elif token.nesting >= 0 and token.type not in ("td_open", "th_open"):
            break
    return True


def _is_loose(group: Sequence[Token]) -> bool:
    level = group[0].level + 2
    return group[0].type.endswith("list_open") and any(
        token.type == "paragraph_open" and token.level == level and not token.hidden
        for token in group
    )


def _loosen(group: Sequence[Token]) -> None:
    level = group[0].level + 2
    for token in group:
        if token.type in ("paragraph_open", "paragraph_close") and token.level == level:
            token.hidden = False


def _first_line(group: Sequence[Token]) -> int:
    return group[0].map[0] if group[0].map else 0


def _offset(source: str, line: int) -> int:
    position = 0
    for _ in range(line):
        position = source.index("\n", position) + 1
    return position


def _end_of(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0
