r"""Render answers: Markdown to safe HTML, whole or while it streams in.

`render_blocks` renders a finished answer. `StreamingRenderer` brings a page up to
date while an answer grows, with the ops that docs/protocol.md describes; its last
ones leave the page exactly as `render_blocks` would have drawn it.

    feed(text) ─ stream ─┬─ settled blocks: parsed once ────────┐
                         ├─ the open block: mended, parsed anew ─┼─ blocks ─ clean ─ ops
                         └─ an open fence: lexed from a checkpoint ┘

Classes
-------

The style sheets of the page own what these look like. Elements without a class are
plain: `p`, `ul`, `ol`, `li`, `blockquote`, `hr`, `a`, `strong`, `em`, `s`, `code`
(inline), `br`, `table`, `thead`, `tbody`, `tr`, `th`, `td`, `h2` … `h6` (`#` is `h2`:
`h1` belongs to the page; whatever lies deeper than `h6` is `h6`), `wbr`, `sup`.

.part               eight blocks after each other, a `div`; the last one may have fewer
.block              each top-level block, a `div` with `dir="auto"`
.code               a code block, a `div` of a head and `pre[tabindex=0][dir=ltr] > code`
.code__head         its row above the code, a `div`
.code__language     in the head, a `span`: "Python"
.code__copy         in the head, `button[type=button][data-copy]`: "Copy"
.code__line         each line of code, a `span` that ends with its newline
.code__piece        a `span` before it: of a line of over 4,000 characters there are several
.tok-c  .tok-k      in code, a `span`: comment; keyword
.tok-s  .tok-n      string; number
.tok-f  .tok-b      name of a function or class; builtin, tag or attribute
.tok-h              heading or prompt, in a diff or a console session
.tok-d  .tok-i      deleted line; inserted line
.table              round a table that is a block, a `div`: what is too wide scrolls in it
.align-left  .align-center  .align-right
                    `th` and `td` of a column that asks for it
.task               `li` of a task list; in it `input.task__box[type=checkbox][disabled]`
.link--pending      `a` without `href`: a link whose address is still being written
.math               a formula on lines of its own, a `div` round `math[display=block]`
.math--pending      the same, still being written: its source in `code.math__source`
.math__source       a formula that cannot be drawn, as its source, a `code`
.math-left  .math-center  .math-right  .math-flush-start  .math-flush-end  .math-indent
.math-rule-start  .math-rule-end  .math-rule-top  .math-rule-bottom  .math-dashed
.math-wide  .math-half  .math-negate  .math-flush-top  .math-flush-bottom  .math-small-caps
                    in MathML, where LaTeX asks for alignment, padding 0, padding 1em,
                    borders (of `mtd`), width 100 %, width 50 %, a margin of -1/6 em
.menclose-updiagonalstrike  .menclose-downdiagonalstrike  .menclose-phasorangle
                    an empty `mrow` in `menclose`, to be drawn across it (`\cancel`);
                    browsers draw `menclose[notation=box]` (`\boxed`) by CSS alone as well
.footnotes          `section` at the end, holding an `ol` of `li.footnote[id]`
.footnote-ref       `sup` in the text, round `a[id][href="#…"]`
.footnote-back      `a` at the end of a footnote, back to the text
"""

from webapp.render.markdown import render_blocks
from webapp.render.stream import Op, StreamingRenderer

__all__ = ["Op", "StreamingRenderer", "render_blocks"]
