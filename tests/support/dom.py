"""What a browser's page holds of an answer: a real tree, changed by the ops of a patch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import html5lib

_IN_A_PART = 8


class Body:
    """The body of one answer. `docs/protocol.md`, section Patches, is followed to the letter."""

    def __init__(self) -> None:
        self._root: Any = _parse('<div class="message__body"></div>', "div")[0]

    def replace(self, html: str) -> None:
        _keep(self._root, 0)
        _append(self._root, html)

    def apply(self, ops: Sequence[tuple[int, str | None, int, str]]) -> None:
        for block, shell, keep, html in ops:
            number = sum(len(part.childNodes) for part in self._root.childNodes)
            if keep == -1:
                _keep(self._root, -(-block // _IN_A_PART))
                for part in self._root.childNodes[block // _IN_A_PART :]:
                    _keep(part, block % _IN_A_PART)
                continue
            if block == number:
                if number % _IN_A_PART == 0:
                    _append(self._root, '<div class="part"></div>')
                _append(self._root.lastChild, '<div class="block" dir="auto"></div>')
            place = self._root.childNodes[block // _IN_A_PART].childNodes[block % _IN_A_PART]
            if shell is not None:
                _keep(place, 0)
                _append(place, shell)
            growing = _growing(place)
            assert keep <= len(growing.childNodes), "an op keeps more than there is"
            _keep(growing, keep)
            _append(growing, html)

    def text(self) -> str:
        return "".join(_texts(self._root))

    def text_of(self, tag: str) -> str:
        """The text of the first element with this tag."""
        return "".join(_texts(next(one for one in _elements(self._root) if one.tagName == tag)))

    def html(self) -> str:
        """The tree as HTML, adjacent texts joined and growing points unmarked."""
        walker = html5lib.getTreeWalker("dom")
        serializer = html5lib.serializer.HTMLSerializer(omit_optional_tags=False)
        html = "".join(serializer.serialize(walker(self._root)))
        return html.replace(' data-g=""', "").replace(" data-g", "")


def visible_text(html: str) -> str:
    return "".join(text for node in _parse(html, "div") for text in _texts(node))


def _growing(block: Any) -> Any:
    return next((node for node in _elements(block) if node.hasAttribute("data-g")), block)


def _elements(node: Any) -> Iterator[Any]:
    for child in node.childNodes:
        if child.nodeType == child.ELEMENT_NODE:
            yield child
            yield from _elements(child)


def _texts(node: Any) -> Iterator[str]:
    if node.nodeType == node.TEXT_NODE:
        yield node.data
    for child in node.childNodes:
        yield from _texts(child)


def _keep(node: Any, count: int) -> None:
    for child in list(node.childNodes)[count:]:
        node.removeChild(child)


def _append(node: Any, html: str) -> None:
    for child in _parse(html, node.tagName):
        node.appendChild(child)


def _parse(html: str, container: str) -> list[Any]:
    fragment = html5lib.parseFragment(
        html, treebuilder="dom", container=container, namespaceHTMLElements=False
    )
    fragment.normalize()  # a browser's parser makes one text node of what html5lib cuts at spaces
    return list(fragment.childNodes)
