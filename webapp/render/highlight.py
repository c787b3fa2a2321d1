"""Source code to lines of HTML in few classes, whole or growing.

Pygments' own formatter writes a span a token, 5 to 11 times the source. This one
knows nine classes and joins neighbours of one class: twice the source.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from time import thread_time
from typing import TYPE_CHECKING, Final

from pygments.lexer import ExtendedRegexLexer, Lexer, LexerContext, RegexLexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Token,
    is_token_subtype,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pygments.token import _TokenType

MAX_CODE: Final = 200_000
"""Characters of one code block that are coloured. A longer one stays plain."""

MAX_LINE: Final = 4_000
"""Characters of a line. Code with a longer one (minified, generated) stays plain."""

MAX_SECONDS: Final = 0.5
"""CPU time for one block, and for one step of a growing one; then it stays plain."""

# Many lexers look for an end that never comes, once from each place of a run of blanks,
# quotes or brackets: in square or cubic time, within one match that nothing can interrupt.
_LONG_RUN: Final = re.compile(r"(.)\1{159}|(..)\2{79}|(...)\3{52}|(....)\4{39}", re.DOTALL)

# Pygments knows 600 languages, not all of them with regular expressions that end in
# good time on hostile text. These are the ones that people ask about.
_LANGUAGE_WORDS: Final = (
    "bash batch c c++ clojure cmake console css dart delphi diff docker elixir erlang fortran go "
    "graphql groovy haskell html http ini java javascript json julia kotlin latex less lua make "
    "matlab nginx nix objective-c ocaml perl php powershell properties protobuf python r ruby rust "
    "scala scss solidity sql swift systemd tcl terraform toml typescript vbnet "
    "vim xml yaml zig csharp fsharp nasm jsx tsx pycon pytb text"
)
_LANGUAGES: Final = frozenset(_LANGUAGE_WORDS.split())
_ALSO: Final = {"vue": "html", "jsonc": "json", "json5": "json", "tex": "latex"}

_CLASSES: Final = (
    (Comment, "tok-c"),
    (Keyword, "tok-k"),
    (Operator.Word, "tok-k"),
    (String, "tok-s"),
    (Number, "tok-n"),
    (Name.Function, "tok-f"),
    (Name.Class, "tok-f"),
    (Name.Decorator, "tok-f"),
    (Name.Builtin, "tok-b"),
    (Name.Tag, "tok-b"),
    (Name.Attribute, "tok-b"),
    (Generic.Deleted, "tok-d"),
    (Generic.Inserted, "tok-i"),
    (Generic.Heading, "tok-h"),
    (Generic.Subheading, "tok-h"),
    (Generic.Prompt, "tok-h"),
)

_BACK: Final = 3
"""A checkpoint lies so many complete lines before the end: those may still change."""

_MAX_TAIL: Final = 16_000
"""Characters lexed anew at most; where the lexer offers no checkpoint, one is forced."""


def language_name(word: str) -> str:
    """Name the language of an info string for people: "py" is "Python"."""
    known = _known().get(word.lower())
    return known[1] if known else word[:40]


def highlight(code: str, language: str) -> list[str]:
    """Render each line of `code`, and the pieces of a line that is too long for one."""
    lexer = _lexer(language)
    if lexer is None or len(code) > MAX_CODE or _is_hostile(code):
        return _plain(code)
    try:
        return _lines(_in_time(lexer.get_tokens_unprocessed(code + "\n")))
    except TimeoutError:
        return _plain(code)


class GrowingCode:
    """Lines of a code block that is still being written, lexed from a checkpoint on.

    A checkpoint is a line start where the lexer stood between two tokens, with its
    stack of states. Filters that a lexer runs over its whole output are left out, so
    a word may change its colour when `highlight` has the last say.
    """

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language)
        self._restartable = isinstance(self._lexer, RegexLexer)
        self._stack: tuple[str, ...] = ("root",)
        self._tail = ""
        self._settled = 0
        self._length = 0
        self.work = 0

    def feed(self, text: str) -> tuple[int, list[str]]:
        """Add `text` and return (number of lines that stand, the lines behind them)."""
        self._tail += text
        self._length += len(text)
        if self._lexer and (self._length > MAX_CODE or _is_hostile(self._tail)):
            self._lexer = None
        self.work += len(self._tail)
        keep = self._settled
        try:
            return keep, self._plain() if self._lexer is None else self._coloured(self._lexer)
        except TimeoutError:
            self._lexer = None
            return keep, self._plain()

    def _plain(self) -> list[str]:
        lines = _plain(self._tail)
        self._settled += len(lines) - 1
        self._tail = _pieces(self._tail)[-1]
        return lines

    def _coloured(self, lexer: Lexer) -> list[str]:
        if self._restartable:
            try:
                return self._lex()
            except TypeError:  # a lexer whose callbacks cannot restart
                self._restartable = False
        lines = _lines(_in_time(lexer.get_tokens_unprocessed(self._tail + "\n")))
        self._force_checkpoint()
        return lines

    def _lex(self) -> list[str]:
        text = self._tail + "\n"
        limit = _line_start(self._tail, _BACK)
        context = LexerContext(text, 0, list(self._stack))
        checkpoint = 0
        stack = self._stack
        tokens: list[tuple[_TokenType, str]] = []
        unprocessed = ExtendedRegexLexer.get_tokens_unprocessed(self._lexer, context=context)  # type: ignore[arg-type]
        deadline = thread_time() + MAX_SECONDS
        for position, kind, value in unprocessed:
            if thread_time() > deadline:
                raise TimeoutError
            if 0 < position <= limit and position == context.pos and text[position - 1] == "\n":
                checkpoint, stack = position, tuple(context.stack)
            tokens.append((kind, value))
        lines = _lines(tokens)
        if checkpoint:
            self._stack = stack
            self._settle(checkpoint)
        else:
            self._force_checkpoint()
        return lines

    def _force_checkpoint(self) -> None:
        if len(self._tail) > _MAX_TAIL:
            self._stack = ("root",)
            self._settle(_line_start(self._tail, _BACK))

    def _settle(self, position: int) -> None:
        self._settled += self._tail.count("\n", 0, position)
        self._tail = self._tail[position:]


def _line_start(text: str, back: int) -> int:
    """Find the start of the line `back` newlines before the end."""
    position = len(text)
    for _ in range(back):
        position = text.rfind("\n", 0, position)
        if position < 0:
            return 0
    return position + 1


def _plain(code: str) -> list[str]:
    *done, last = _pieces(code)
    return [escape(piece, quote=False) for piece in (*done, f"{last}\n")]


def _pieces(code: str) -> list[str]:
    """Cut behind each newline and each `MAX_LINE` characters: what is long stays cheap."""
    return [
        line[start : start + MAX_LINE]
        for line in re.split(r"(?<=\n)", code)
        for start in range(0, max(len(line), 1), MAX_LINE)
    ]


def _is_hostile(code: str) -> bool:
    return max(map(len, code.split("\n"))) > MAX_LINE or _LONG_RUN.search(code) is not None


def _in_time(
    tokens: Iterable[tuple[int, _TokenType, str]],
) -> Iterator[tuple[_TokenType, str]]:
    """Pass tokens on until their time is up; then raise `TimeoutError`."""
    deadline = thread_time() + MAX_SECONDS
    for _, kind, value in tokens:
        if thread_time() > deadline:
            raise TimeoutError
        yield kind, value


@cache
def _known() -> dict[str, tuple[str, str]]:
    """Map each alias of an offered language to (Pygments' first alias, name for people)."""
    known = {}
    for name, aliases, _, _ in get_all_lexers(plugins=False):
        if _LANGUAGES.intersection(aliases):
            known.update({alias.lower(): (aliases[0], name) for alias in aliases})
    known.update({alias: known[language] for alias, language in _ALSO.items()})
    return known


def _lexer(language: str) -> Lexer | None:
    """Make a lexer of our own: some keep state on themselves, and threads must not share it."""
    known = _known().get(language.lower())
    return get_lexer_by_name(known[0], stripnl=False, ensurenl=False) if known else None


@cache
def _class(kind: _TokenType) -> str:
    return next((name for family, name in _CLASSES if is_token_subtype(kind, family)), "")


def _lines(tokens: Iterable[tuple[_TokenType, str]]) -> list[str]:
    """Render tokens, the last of which ends in a newline, to lines with theirs."""
    lines: list[str] = []
    line: list[str] = []
    run: list[str] = []
    current = ""

    def end_run() -> None:
        if run:
            text = escape("".join(run), quote=False)
            line.append(f'<span class="{current}">{text}</span>' if current else text)
            run.clear()

    for kind, value in tokens:
        name = _class(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                end_run()
                lines.append("".join(line) + "\n")
                line.clear()
                current = ""
            if not part:
                continue
            if name != current and not part.isspace():
                end_run()
                current = name
            run.append(part)
    return lines


_class(Token)
