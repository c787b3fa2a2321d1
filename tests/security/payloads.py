"""Texts that try to be more than text: vectors put into contexts, by the hundred.

Each sets `globalThis.__x` if it runs, or asks something of a `place` if it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

_JS = "globalThis.__x=1"
_ENTITIES = "".join(f"&#{ord(letter)};" for letter in "javascript")

_ELEMENTS = (
    "<script>{js}</script>",
    "<script src={place}></script>",
    "<img src=x onerror={js}>",
    "<img src={place}>",
    '<img srcset="{place} 1x">',
    "<svg onload={js}>",
    '<svg><use href="{place}#a"></use></svg>',
    "<svg><animate onbegin={js} attributeName=x dur=1s>",
    '<svg><a xlink:href="javascript:{js}"><text y=9>x</text></a></svg>',
    '<svg><image href="{place}"/></svg>',
    "<svg><foreignObject><img src=x onerror={js}></foreignObject></svg>",
    "<svg><style>@import url({place});</style></svg>",
    "<math><mi href=javascript:{js}>x</mi></math>",
    '<math><maction actiontype=statusline xlink:href="javascript:{js}">x</maction></math>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror={js}>'>",
    "<math><annotation-xml encoding=text/html><img src=x onerror={js}></annotation-xml></math>",
    "<iframe src=javascript:{js}></iframe>",
    "<iframe srcdoc='<script>parent.{js}</script>'></iframe>",
    "<iframe src={place}></iframe>",
    "<object data=javascript:{js}></object>",
    "<embed src={place}>",
    "<video src={place} onerror={js}></video>",
    "<audio src={place} autoplay></audio>",
    "<video poster={place}></video>",
    "<details open ontoggle={js}>x</details>",
    "<input autofocus onfocus={js}>",
    "<select autofocus onfocus={js}></select>",
    "<textarea autofocus onfocus={js}></textarea>",
    "<body onload={js}>",
    "<marquee onstart={js}>x</marquee>",
    "<a href=javascript:{js} autofocus tabindex=1 onfocus={js}>x</a>",
    "<a href={place} ping={place}>x</a>",
    "<form action={place}><button autofocus onfocus={js}>x</button></form>",
    "<button formaction=javascript:{js}>x</button>",
    "<link rel=stylesheet href={place}>",
    "<link rel=prefetch href={place}>",
    "<link rel=preconnect href={place}>",
    "<meta http-equiv=refresh content='0;url={place}'>",
    "<base href={place}>",
    "<style>@import '{place}';</style>",
    "<style>*{{background:url({place})}}</style>",
    "<p style='background:url({place})'>x</p>",
    "<table background={place}><td background={place}>x</table>",
    "<template shadowrootmode=open><img src=x onerror={js}></template>",
    "<noscript><p title='</noscript><img src=x onerror={js}>'>",
    "<div data-copy=message data-g id=message class=transcript onpointerover={js}>x</div>",
    "<x onanimationstart={js} style='animation:x'>x</x>",
    "<xss contenteditable autofocus onfocus={js}>x</xss>",
)

_BREAKOUTS = (
    '"><img src=x onerror={js}>',
    "'><img src=x onerror={js}>",
    '" autofocus onfocus={js} x="',
    "' autofocus onfocus={js} x='",
    "` onmouseover={js} `",
    "</title><script>{js}</script>",
    "</textarea><script>{js}</script>",
    "</template></article></main><script>{js}</script>",
    "</script><script>{js}</script>",
    "--><script>{js}</script><!--",
    "]]><script>{js}</script>",
    "<<script>{js}//<</script>",
    "<scr<script>ipt>{js}</script>",
    "<scr\0ipt>{js}</script>",
    "<img\tsrc=x\nonerror={js}>",
    "<IMG SRC=x ONERROR={js}//",
    "\u2028<img src=x onerror={js}>\u2029",
    "\u202e<img src=x onerror={js}>",
    "+ADw-script+AD4-{js}+ADw-/script+AD4-",
    "&lt;img src=x onerror={js}&gt;",
    "&#60;img src=x onerror={js}&#62;",
    "\\u003cimg src=x onerror={js}\\u003e",
    "${{{js}}} {{{{7*7}}}} <%={js}%> #{{{js}}}",
    "javascript:{js}",
    '{{"type":"ended","state":"failed"}}',
)

_ADDRESSES = (
    "javascript:{js}",
    "JaVaScRiPt:{js}",
    " javascript:{js}",
    "java\tscript:{js}",
    "java&#x0A;script:{js}",
    "java&Tab;script:{js}",
    "javascript&colon;{js}",
    _ENTITIES + ":{js}",
    "\x01javascript:{js}",
    "%6aavascript:{js}",
    "vbscript:{js}",
    "data:text/html,<script>{js}</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml,<svg onload={js}>",
    "blob:{place}",
    "filesystem:{place}",
    "file:///etc/passwd",
    "view-source:{place}",
    "feed:javascript:{js}",
    "//{place}",
    '{place}"onclick="{js}',
    "{place}'onerror='{js}",
    "{place}?q=secret",
    "{place}\\@x",
)

_LINKS = (
    "[x]({})",
    "[x](<{}>)",
    '[x]({} "title")',
    "[x][r]\n\n[r]: {}",
    "<{}>",
    "![x]({})",
    "![x][i]\n\n[i]: <{}>",
    "[![x]({0})]({0})",
    "{}",
)

_FORMULAS = (
    "\\href{{javascript:{js}}}{{x}}",
    "\\url{{javascript:{js}}}",
    '\\htmlData{{x="onerror={js}}}{{x}}',
    "\\htmlStyle{{background:url({place})}}{{x}}",
    "\\htmlId{{message}}{{x}}",
    '\\htmlClass{{x" onload={js}}}{{x}}',
    "\\includegraphics{{{place}}}",
    "\\text{{<img src=x onerror={js}>}}",
    "\\text{{</annotation><script>{js}</script>}}",
    "\\style{{background:url({place})}}{{x}}",
    '\\cssId{{x" onload="{js}}}{{x}}',
    "\\color{{red;background:url({place})}}x",
    "\\colorbox{{url({place})}}{{x}}",
    "\\unicode{{x3c}}script\\unicode{{x3e}}{js}",
    "\\operatorname{{<img src=x onerror={js}>}}",
    "\\tag{{<svg onload={js}>}}",
    '\\label{{x" onload="{js}}}',
    "\\def\\a{{\\a\\a}}\\a",
    "\\require{{action}}\\toggle{{x}}{{y}}\\endtoggle",
    '\\begin{{array}}{{" onload={js}}}x\\end{{array}}',
)

_CONTEXTS: tuple[Callable[[str], str], ...] = (
    lambda one: one,
    lambda one: f"Text {one} text",
    lambda one: f"**{one}** *{one}* ~~{one}~~",
    lambda one: f"# {_line(one)}",
    lambda one: f"- {_line(one)}\n  - [ ] {_line(one)}",
    lambda one: f"> {_line(one)}\n>> {_line(one)}",
    lambda one: f"| {_cell(one)} | b |\n|---|:-:|\n| {_cell(one)} | `{_cell(one)}` |",
    lambda one: f"```{_line(one)}\n{one}\n```",
    lambda one: f"```html\n{one}\n```",
    lambda one: f"`{one}` ``{one}``",
    lambda one: f"[{_line(one)}](https://example.org '{_line(one)}')",
    lambda one: f'![{_line(one)}](https://example.org/i.png "{_line(one)}")',
    lambda one: f"Note[^n].\n\n[^n]: {_line(one)}",
    lambda one: f"$\\text{{{_line(one)}}}$ $${_line(one)}$$",
    escape,
    lambda one: f"\\{one}",
)


def payloads(place: str) -> list[str]:
    """All of them: more than a thousand, none twice, always in the same order."""
    return list(dict.fromkeys(_all(place)))


def words(place: str) -> list[str]:
    """Those in one line, as they are: for names and titles."""
    return [_line(one) for one in _filled((*_ELEMENTS, *_BREAKOUTS), place)]


def _all(place: str) -> Iterator[str]:
    for vector in _filled((*_ELEMENTS, *_BREAKOUTS), place):
        yield from (context(vector) for context in _CONTEXTS)
    for address in _filled(_ADDRESSES, place):
        yield from (link.format(address) for link in _LINKS)
    for formula in _filled(_FORMULAS, place):
        yield from (
            f"${formula}$",
            f"$${formula}$$",
            f"\\[{formula}\\]",
            f"```math\n{formula}\n```",
        )


def _filled(vectors: tuple[str, ...], place: str) -> Iterator[str]:
    for number, vector in enumerate(vectors):
        yield vector.format(js=_JS, place=f"{place}/{number}")


def _line(text: str) -> str:
    return " ".join(text.split("\n"))


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
