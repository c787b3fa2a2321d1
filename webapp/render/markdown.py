"""A whole answer in one render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.render.blocks import Block, groups, join, make_block
from webapp.render.parser import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable


def render_blocks(text: str, *, translate: Callable[[str], str] = str, id_prefix: str = "") -> str:
    """Render an answer to safe HTML: a `div.block` for each top-level block, in parts.

    `translate` is gettext for the few words that we add. `id_prefix` makes the ids of
    footnotes unique in a page of several answers.
    """
    blocks = whole_blocks(text, translate=translate, id_prefix=id_prefix)
    return join(blocks, marked=False)


def whole_blocks(text: str, *, translate: Callable[[str], str], id_prefix: str) -> list[Block]:
    env = {"translate": translate, "id_prefix": id_prefix}
    tokens = WHOLE.parse(text, env)
    return [make_block(WHOLE, group, env) for group in groups(tokens)]
