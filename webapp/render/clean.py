"""The last gate: whatever a library made of an answer passes this allow-list.

Raw HTML is off in the parser, so nothing should ever be dropped here. It is the
second lock on the door, and the only list to read when asking what an answer can put
into the page: no `style`, no event handler, no image, no address but the three
schemes, no class and no `id` but ours.
"""

from __future__ import annotations

from typing import Final

import nh3

LINK_SCHEMES: Final = frozenset({"http", "https", "mailto"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT: Final = _words("p h2 h3 h4 h5 h6 ul ol li blockquote hr br wbr a strong em s sup code")
_TABLE: Final = _words("table thead tbody tr th td")
_FRAME: Final = _words("div section pre span button input")
_MATH: Final = _words(
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow "
    "mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover"
)

_MATH_ATTRIBUTES: Final = _words(
    "accent accentunder columnspan depth display displaystyle form height linethickness lspace "
    "mathvariant maxsize minsize movablelimits notation rowspan rspace scriptlevel stretchy "
    "symmetric voffset width"
)
_MATH_CLASSES: Final = _words(
    "math-left math-center math-right math-flush-start math-flush-end math-flush-top "
    "math-flush-bottom math-indent math-rule-start math-rule-end math-rule-top math-rule-bottom "
    "math-dashed math-wide math-half math-negate math-small-caps menclose-updiagonalstrike "
    "menclose-downdiagonalstrike menclose-phasorangle"
)
_ALIGNMENTS: Final = {"align-left", "align-center", "align-right"}

_CLEANER: Final = nh3.Cleaner(
    tags={*_TEXT, *_TABLE, *_FRAME, *_MATH},
    clean_content_tags=set(),
    attributes={
        **{tag: set(_MATH_ATTRIBUTES) for tag in _MATH},
        "a": {"href", "title", "id"},
        "button": {"data-copy"},
        "input": {"checked", "disabled", "aria-label"},
        "li": {"id"},
        "ol": {"start"},
    },
    tag_attribute_values={
        "a": {"target": {"_blank"}},
        "button": {"type": {"button"}},
        "input": {"type": {"checkbox"}},
        "pre": {"tabindex": {"0"}, "dir": {"ltr"}},
    },
    allowed_classes={
        **{tag: set(_MATH_CLASSES) for tag in _MATH},
        "a": {"link--pending", "footnote-back"},
        "button": {"code__copy"},
        "code": {"math__source"},
        "div": {"code", "code__head", "math", "math--pending", "table"},
        "input": {"task__box"},
        "li": {"task", "footnote"},
        "section": {"footnotes"},
        "span": {
            "code__language",
            "code__line",
            "code__piece",
            *(f"tok-{letter}" for letter in "bcdfhiknsv"),
        },
        "sup": {"footnote-ref"},
        "td": _ALIGNMENTS,
        "th": _ALIGNMENTS,
    },
    url_schemes=set(LINK_SCHEMES),
    link_rel="noopener noreferrer nofollow",
)

_ROWS_BEGIN: Final = "<table><tbody>"
_ROWS_END: Final = "</tbody></table>"


def clean(html: str) -> str:
    """Keep what the allow-list knows of `html`, balanced as a browser would see it."""
    return _CLEANER.clean(html)


def clean_row(html: str) -> str:
    """Clean one `<tr>`, which is no HTML outside a table."""
    return clean(_ROWS_BEGIN + html + _ROWS_END)[len(_ROWS_BEGIN) : -len(_ROWS_END)]
