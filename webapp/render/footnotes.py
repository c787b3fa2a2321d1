"""How footnotes look: numbered in the order of their references, listed at the end."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict


def footnote_look(parser: MarkdownIt) -> None:
    parser.add_render_rule("footnote_ref", _ref)
    parser.add_render_rule("footnote_block_open", _block_open)
    parser.add_render_rule("footnote_block_close", _block_close)
    parser.add_render_rule("footnote_open", _open)
    parser.add_render_rule("footnote_close", _close)
    parser.add_render_rule("footnote_anchor", _anchor)


def _ref(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    meta = tokens[index].meta
    number = meta["id"] + 1
    if meta.get("linked"):
        return f'<sup class="footnote-ref">{number}</sup>'
    prefix = escape(env["id_prefix"])
    again = f"-{meta['subId']}" if meta["subId"] else ""
    return (
        f'<sup class="footnote-ref"><a id="{prefix}fnref-{number}{again}"'
        f' href="#{prefix}fn-{number}">{number}</a></sup>'
    )


def _block_open(
    _self: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return '<section class="footnotes"><ol>'


def _block_close(
    _self: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</ol></section>"


def _open(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    return f'<li class="footnote" id="{escape(env["id_prefix"])}fn-{tokens[index].meta["id"] + 1}">'


def _close(
    _self: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</li>"


def _anchor(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    """Lead back to the first reference; the others are found from there."""
    meta = tokens[index].meta
    if meta["subId"]:
        return ""
    prefix = escape(env["id_prefix"])
    return f' <a class="footnote-back" href="#{prefix}fnref-{meta["id"] + 1}">↩</a>'
