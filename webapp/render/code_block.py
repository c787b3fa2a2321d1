"""The frame of a code block and its lines, the same for a finished and a growing one."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from markdown_it.common.utils import unescapeAll

from webapp.render.highlight import highlight, language_name

if TYPE_CHECKING:
    from collections.abc import Callable


def language_of(info: str) -> str:
    """Take the language from an info string such as `python title="x"` or `{.python}`."""
    words = re.split(r"[\s{},:]+", unescapeAll(info).strip(" \t{}."), maxsplit=1)
    return words[0].removeprefix(".")


def code_frame(info: str, translate: Callable[[str], str]) -> tuple[str, str]:
    """Open and close the block round its lines; `<code` is left open for a mark."""
    language = language_of(info)
    name = language_name(language) if language else translate("Text")
    copy = escape(translate("Copy"))
    head = (
        f'<span class="code__language">{escape(name)}</span>'
        f'<button type="button" class="code__copy" data-copy="">{copy}</button>'
    )
    opening = (
        f'<div class="code"><div class="code__head">{head}</div><pre tabindex="0" dir="ltr"><code'
    )
    return opening, "</code></pre></div>"


def code_lines(code: str, info: str) -> list[str]:
    """Render each line of the block as one element, with its newline."""
    return list(map(line_element, highlight(code.removesuffix("\n"), language_of(info))))


def line_element(line: str) -> str:
    """Wrap a line, or what comes of a very long one before its end."""
    name = "code__line" if line.endswith("\n") else "code__piece"
    return f'<span class="{name}">{line}</span>'
