"""A browser in small: it parses what it is sent into nodes and applies ops to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webapp.render import Op

IN_A_PART = 8
VOID = {"br", "hr", "input", "wbr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    nodes: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        yield self
        for node in self.nodes:
            if isinstance(node, Element):
                yield from node.walk()

    @property
    def text(self) -> str:
        return "".join(node if isinstance(node, str) else node.text for node in self.nodes)

    @property
    def growing_point(self) -> Element:
        return next((each for each in self.walk() if "data-g" in each.attributes), self)

    def unmarked(self) -> Element:
        """Copy without the marks of growing points, to compare with a whole render."""
        return Element(
            self.tag,
            {name: value for name, value in self.attributes.items() if name != "data-g"},
            [node if isinstance(node, str) else node.unmarked() for node in self.nodes],
        )


class _Parser(HTMLParser):
    """Strict where a browser forgives: our HTML has to be balanced."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack = [Element("root")]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        assert len(element.attributes) == len(attrs), f"an attribute twice in {tag}"
        self.stack[-1].nodes.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag, attrs):
        self.stack[-1].nodes.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        nodes = self.stack[-1].nodes
        if nodes and isinstance(nodes[-1], str):
            nodes[-1] += data
        else:
            nodes.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl):
        raise AssertionError(f"a declaration: {decl}")

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data):
        raise AssertionError(f"an instruction: {data}")


def parse(html: str) -> list[Element | str]:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert len(parser.stack) == 1, f"<{parser.stack[-1].tag}> is not closed: {html[-200:]}"
    return parser.stack[0].nodes


class Page:
    """The body of one answer, as docs/protocol.md says under "Patches"."""

    def __init__(self, snapshot: str = "") -> None:
        parts = [node for node in parse(snapshot) if isinstance(node, Element)]
        assert all(part.attributes == {"class": "part"} for part in parts)
        assert all(len(part.nodes) == IN_A_PART for part in parts[:-1])
        assert all(0 < len(part.nodes) <= IN_A_PART for part in parts[-1:])
        self.blocks = [node for part in parts for node in part.nodes if isinstance(node, Element)]
        assert all(block.tag == "div" for block in self.blocks)

    def apply(self, ops: Iterable[Op]) -> None:
        for index, shell, keep, html in ops:
            if keep == -1:
                assert index < len(self.blocks), "drops blocks that are not there"
                del self.blocks[index:]
                continue
            assert index <= len(self.blocks), "leaves a gap between blocks"
            if index == len(self.blocks):
                assert shell is not None, "a new block has no shell"
                self.blocks.append(Element("div", {"class": "block", "dir": "auto"}))
            block = self.blocks[index]
            if shell is not None:
                block.nodes = parse(shell)
            nodes = block.growing_point.nodes
            assert keep <= len(nodes), "keeps nodes that are not there"
            nodes[keep:] = parse(html)

    @property
    def unmarked(self) -> list[Element]:
        return [block.unmarked() for block in self.blocks]

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)
