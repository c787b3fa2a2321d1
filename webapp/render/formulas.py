"""LaTeX formulas to MathML: the one place that knows math-core.

math-core recurses in native code: deeply nested input overflows the C stack and ends
the process, where no exception handler helps. So nothing reaches it that could nest
deeper than `MAX_DEPTH`. And an opening bracket without its closing one makes it parse
the rest twice, so that 30 of them never end: those are counted too.
"""

from __future__ import annotations

import re
from typing import Final

from math_core import LatexError, LatexToMathML

MAX_LENGTH: Final = 2_000
"""Characters of one formula. A longer one is shown as its source."""

MAX_DEPTH: Final = 40
"""Levels of nesting. 512 KB of stack, half of the smallest common one, hold more."""

MAX_UNCLOSED: Final = 8
"""Brackets left open, each of which doubles the time."""

# Commands that math-core lacks, as what comes closest.
_MACROS: Final = {
    "ce": r"\mathrm{#1}",
    "euro": r"\text{€}",
    "mathnormal": "{#1}",
    "mathstrut": "",
    "smash": "{#1}",
    "softmax": r"\operatorname{softmax}",
    "SI": r"#1\,\mathrm{#2}",
    "substack": r"\begin{matrix}#1\end{matrix}",
}

# Environments that it lacks or would number ("(1)" beside each formula of a chat).
_REWRITES: Final = (
    (re.compile(r"\\(begin|end)\{split\}"), r"\\\1{aligned}"),
    (re.compile(r"\\(begin|end)\{smallmatrix\}"), r"\\\1{matrix}"),
    (re.compile(r"\\(begin|end)\{alignat\*?\}(?:\{\d\})?"), r"\\\1{aligned}"),
    (re.compile(r"\\(begin|end)\{(align|gather|equation|multline)\}"), r"\\\1{\2*}"),
    (re.compile(r"\\tag\*?\{([^{}]*)\}"), r"\\qquad(\\text{\1})"),
)

# A definition could unfold into any depth behind the guard's back.
_DEFINITION: Final = re.compile(
    r"\\(?:new|renew|provide)(?:command|environment)|\\[egx]?def(?![A-Za-z])"
    r"|\\(?:global|let|futurelet|Declare\w+)(?![A-Za-z])"
)

# One after another without braces, each takes the next as its argument.
# (Possessive throughout: an ambiguous pattern would hang where it guards against that.)
_CHAIN: Final = re.compile(
    r"(?:\\(?:[A-Za-z]++|[^A-Za-z])[\s\d*]*+){40}"
    r"|(?:\\[A-Za-z]*(?:frac|binom|set|rel|sqrt)\s*+\S\s*+){20}"
    r"|(?:[\^_']\s*+\w?+\s*+){40}"
)

# Unsure commands count as opening: `\l…` is a fence unless it is a well-known word.
_NESTING: Final = re.compile(
    r"(?P<up>\{|\\left\s*(?:\\?.)|\\begin(?![A-Za-z]))"
    r"|(?P<down>\}|\\right\s*(?:\\?.)|\\end(?![A-Za-z]))"
    r"|(?P<close>[)\]]|\\\}|\\r(?:angle|brack|brace|ceil|floor|vert|Vert|paren|group)(?![A-Za-z]))"
    r"|\\(?:l(?:n|og|im\w*|ambda|[et](?:[a-z]*)|dots|ong\w*|l)(?![A-Za-z])|big+[lrm]?\s*\\?.)"
    r"|(?P<open>[(\[\u2045\u207d\u208d\u2308\u230a\u2329\u2768-\u2775\u27c5\u27e6-\u27ef"
    r"\u2983-\u2998\u29d8-\u29db\u29fc\u3008-\u301b]|\\\{|\\(?:l|ulc|L)[A-Za-z]*)"
    r"|\\.",
    re.DOTALL,
)

_STYLE: Final = re.compile(r' style="([^"]*)"')
_CLASS_OF_STYLE: Final = {
    "text-align:left": "math-left",
    "text-align:center": "math-center",
    "text-align:right": "math-right",
    "padding-left:0": "math-flush-start",
    "padding-right:0": "math-flush-end",
    "padding-top:0": "math-flush-top",
    "padding-bottom:0": "math-flush-bottom",
    "padding-left:1em": "math-indent",
    "border-left:0.05em solid currentcolor": "math-rule-start",
    "border-right:0.05em solid currentcolor": "math-rule-end",
    "border-top:0.05em solid currentcolor": "math-rule-top",
    "border-bottom:0.05em solid currentcolor": "math-rule-bottom",
    "border-left:0.05em dashed currentcolor": "math-rule-start math-dashed",
    "border-right:0.05em dashed currentcolor": "math-rule-end math-dashed",
    "border-top:0.05em dashed currentcolor": "math-rule-top math-dashed",
    "width:100%": "math-wide",
    "width:50%": "math-half",
    "margin-left:-0.16666667em": "math-negate",
    "font-variant-caps:small-caps": "math-small-caps",
}

_CONVERTER: Final = LatexToMathML(
    fancy_error=False, allow_unreliable_rendering=True, macros=_MACROS, max_expansions=100
)


def mathml(latex: str, *, display: bool) -> str | None:
    """Convert one formula, or return None for one that must be shown as its source.

    The result carries classes where math-core wrote `style`: the page's policy allows
    no inline style. It has not passed `clean` yet.
    """
    if _refused(latex):
        return None
    for pattern, replacement in _REWRITES:
        latex = pattern.sub(replacement, latex)
    try:
        converted = _CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError:
        return None
    return _STYLE.sub(_classes, converted)


def _refused(latex: str) -> bool:
    """Tell whether a formula could overflow the stack or keep math-core busy for ever."""
    if len(latex) > MAX_LENGTH or _DEFINITION.search(latex) or _CHAIN.search(latex):
        return True
    stack: list[str] = []
    unclosed = 0
    for token in _NESTING.finditer(latex):
        kind = token.lastgroup
        if kind in ("up", "open"):
            stack.append(kind)
            if len(stack) > MAX_DEPTH:
                return True
        elif kind == "close" and stack and stack[-1] == "open":
            stack.pop()
        elif kind == "down":
            while stack and stack.pop() == "open":
                unclosed += 1
    return unclosed + stack.count("open") > MAX_UNCLOSED


def _classes(style: re.Match[str]) -> str:
    declarations = (
        re.sub(r"\s*:\s*", ":", part.strip()) for part in style[1].split(";") if part.strip()
    )
    names = [_CLASS_OF_STYLE[each] for each in declarations if each in _CLASS_OF_STYLE]
    return f' class="{" ".join(names)}"' if names else ""
