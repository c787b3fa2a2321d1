"""Markdown to test with: what models write, and what nobody should."""

from __future__ import annotations

import random


def chance_of(seed: int) -> random.Random:
    """Make chance that falls the same way each time."""
    return random.Random(seed)  # noqa: S311 - for tests


WORD_LIST = (
    "thread queue reads writes the a slow server answer keeps each token matrix vector of "
    "and because while cache index under load returns nothing very quickly überall 東京 мир"
)
WORDS = tuple(WORD_LIST.split())

BLOCKS = (
    "A paragraph with **bold words**, *slanted ones*, ~~wrong ones~~ and `code()`.\n",
    'Two lines with a [link](https://example.org/a?b=c&d=e "title")\nand a hard  \nbreak.\n',
    "**Bold** comes first, *slanted\nover* lines, ***both*** and `last`\n",
    "# One\n",
    "### Three *of* six\n",
    "Setext\n======\n",
    "Another\n---\n",
    "- one\n- two\n  - two and a half\n- three\n",
    "1. first\n2. second\n\n   more of it\n3. third\n",
    "- loose\n\n- list\n\n- of three\n\n- or four\n",
    "- [ ] to do\n- [x] done\n",
    "* a\n+ b\n- c\n",
    "7) seven\n8) eight\n9) nine\n10) ten\n11) eleven\n",
    "- a\n- b\n- c\n- d\n- e\n\n- f\n- g\n",
    "> quoted **words**\n> on two lines\nand a lazy one\n",
    "> - a list\n>   ```py\n>   x = 1\n>   ```\n",
    "| a | b |\n|:--|--:|\n| 1 | `2` |\n| **3** | 4 |\n| 5 | 6 |\n| x \\| y |\n",
    "a | b\n-|-\n1 | 2\nno row\n",
    "| only a head |\n|---|\n",
    '```python\ndef f(x: int):\n    """Say\n    it."""\n    return f"{x}"  # so\n\nf(1)\n```\n',
    "~~~\nplain <b> & text\n\n~~~\n",
    "   ```js\n   let a = `x ${b}`;\n  // less\n   ```\n",
    "````md\n```\ninner\n```\n````\n",
    "```\n```\n",
    "```html\n<script>alert(1)</script>\n<!-- c -->\n```\n",
    "    indented code\n\n    and more\n",
    "- item\n  ```sh\n  ls -l | wc\n  ```\n- next\n",
    "Prices: $5 and $6, a formula $x_1^2$ and \\(\\frac{a}{b}\\), $$y$$ inside.\n",
    "$$\n\\begin{aligned}a&=b\\\\c&=d\\end{aligned}\n$$\n",
    "text:\n\\[\n\\int_0^1 x\\,dx\n\\].\n",
    "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}\n",
    "$$ never closed\n",
    "$\\nocommand{x}$ stays\n",
    "A note[^1] and another[^n] and again[^1].\n",
    "[^1]: The *note*.\n",
    "[^n]: Two\n\n    paragraphs.\n",
    "A [reference] and [one more][ref].\n",
    "[reference]: https://example.org/late\n",
    "[ref]: <https://e.org>\n  'T'\n",
    "![alt *text*](https://example.org/i.png) [![in link](https://e.org/i.png)](https://e.org)\n",
    "www.example.org, https://example.org/x_(y), a@example.org, xmpp:a@example.org\n",
    "---\n",
    "***\n",
    "<div onclick=x>raw</div> <b>html</b> &amp; &copy; &#0; &#x41; \\* \\` \\\n",
    "<https://example.org/auto>\n",
    "[a [nested](https://e.org) link](https://f.org) [x][^1] [text [^1]](https://g.org)\n",
    "tab\there\n\tcode?\n",
    "\u202eright to left\u202c \ufeff\u200b zero \x0b\x0c widths\n",
    "nul \0 and cr\r\nand\ranother\n",
    "* * *\n- - -\n_ _ _\n",
    "-\n-\n  x\n",
    "1.\n2. x\n",
    "###### six\n####### seven\n",
    "#\n##\n",
)

FRAGMENTS = (
    *"*_~`$[](){}<>!#|\\-+=:&^>1a .\n\t\"'",
    "**",
    "***",
    "__",
    "~~",
    "``",
    "```",
    "\n```\n",
    "$$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "\n\n",
    "\n- ",
    "\n  - ",
    "\n1. ",
    "\n> ",
    "> > ",
    "\n    ",
    "\n# ",
    "\n---\n",
    "\n===\n",
    "](",
    "![",
    "](https://e.org)",
    "[^1]",
    "\n[^1]: ",
    "\n[a]: https://e.org\n",
    "[a]",
    "| a | b |\n|---|---|\n",
    "| ",
    "\r",
    "\r\n",
    "\0",
    "&amp;",
    "https://e.org/",
    "www.e.org",
    "a@e.org",
    "<https://e.org>",
    "\\begin{align}",
    "\\end{align}",
    "\\frac{1}{2}",
    "word ",
    "two words ",
    "\n~~~\n",
    "[ ] ",
    "[x] ",
    "  \n",
    "\\\n",
    "é",
    "\u2028",
)

ATTACKS = (
    "<img src=x onerror=__x=1>",
    '<iframe src="data:text/html,<script>parent.__x=1</script>">',
    "[a](java&#x73;cript:__x=1)",
    "[a](javascript:__x=1) [b](JaVaScRiPt:x) [c](\tjavascript:x) [d](<java\nscript:x>)",
    "[a](data:text/html;base64,PHNjcmlwdD4x) [b](vbscript:x) [c](file:///etc/passwd)",
    '![x](x"onerror="__x=1) ![y](https://e.org/"onload="x) ![](http://127.0.0.1/?q=secret)',
    "![a][b]\n\n[b]: http://127.0.0.1/?q=secret 'x\" onerror=\"y'",
    "<svg><animate onbegin=__x=1 attributeName=x>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img onerror=1&gt;">',
    '```"><script>__x=1</script>\ncode\n```',
    '- x\n  ```"onmouseover="x\n  </code></pre><script>\n  ```',
    '$\\htmlData{x="onerror=__x=1}{}$ $\\href{javascript:x}{y}$ $\\text{<script>x</script>}$',
    "$$\n\\style{color:red}{x} \\class{evil}{x} \\color{red;background:url(//e)} \\label{id}\n$$",
    '[x](https://e.org/"onclick="x \'onclick="x\')',
    "<a href='javascript:x'> [a]: javascript:x\n\n[a]",
    "[^x]\n\n[^x]: <script>x</script> [a](javascript:x)",
    '| <script> | " onload=x |\n|:-:|--|\n| `</td><script>` | <style>*{}</style> |',
    "- [x] <input autofocus onfocus=x>\n\n<style>@import 'https://e.org'</style>",
    "&lt;script&gt; &#60;img src=x onerror=y&#62; \\<script>",
    '<https://e.org/"onclick=x> <javascript:x> www.e.org/<script> https://e.org/"onx=y',
)


def answer(length: int, seed: int = 1) -> str:
    """Write an answer of about `length` characters such as models write."""
    chance = chance_of(seed)
    parts: list[str] = []
    size = 0
    while size < length:
        part = chance.choice((sentences, sentences, bullets, table, code, formula, heading))(chance)
        parts.append(part)
        size += len(part) + 1
    return "\n".join(parts)


def heading(chance: random.Random) -> str:
    return f"## {' '.join(chance.sample(WORDS, 3))}\n"


def sentence(chance: random.Random) -> str:
    words = chance.choices(WORDS, k=chance.randint(5, 14))
    if chance.random() < 0.5:
        place = chance.randrange(len(words))
        form = chance.choice(("**{}**", "*{}*", "`{}`", "[{}](https://example.org)", "${}_1$"))
        words[place] = form.format(words[place])
    return f"{' '.join(words).capitalize()}."


def sentences(chance: random.Random) -> str:
    return " ".join(sentence(chance) for _ in range(chance.randint(1, 5))) + "\n"


def bullets(chance: random.Random, count: int = 5) -> str:
    return "".join(f"- **{chance.choice(WORDS)}**: {sentence(chance)}\n" for _ in range(count))


def table(chance: random.Random, count: int = 5) -> str:
    rows = (f"| {chance.choice(WORDS)} | `{chance.random():.2f}` |\n" for _ in range(count))
    return f"| what | how much |\n|---|---:|\n{''.join(rows)}"


def code(chance: random.Random, count: int = 4) -> str:
    body = "".join(
        f'def {chance.choice(WORDS[:8])}_{number}(x):\n    """Say."""\n    return x * "2"  # so\n'
        for number in range(count)
    )
    return f"```python\n{body}```\n"


def formula(_chance: random.Random) -> str:
    return "$$\n\\sum_{i=1}^{n} x_i^2 = \\frac{1}{2}\n$$\n"
