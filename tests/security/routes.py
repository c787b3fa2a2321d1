"""All that a browser can send: routes from the URL map, frames and fields from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask

from tests.security.things import kind_of
from webapp.web import frames

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ANY = re.compile(r"<any\(([^)]*)\):(\w+)>")
_PLACE = re.compile(r"<(?:[^:<>]*:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """A method and a path with `{places}`; of a choice between words each is a route."""

    endpoint: str
    method: str
    template: str

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def kinds(self) -> dict[str, str]:
        """What each place names."""
        places = re.findall(r"{(\w+)}", self.template)
        return {place: kind_of(self.endpoint, place) for place in places}

    def path(self, ids: Mapping[str, str]) -> str:
        """Fill the places; `ids` go by kind."""
        return self.template.format(
            **{place: ids[kind] if kind else "0" for place, kind in self.kinds.items()}
        )


def routes_of(app: Flask) -> list[Route]:
    found = {
        Route(rule.endpoint, method, path)
        for rule in app.url_map.iter_rules()
        for path in _paths(rule.rule)
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }
    return sorted(found, key=lambda route: (route.template, route.method, route.endpoint))


def _paths(rule: str) -> Iterator[str]:
    choice = _ANY.search(rule)
    if choice is None:
        yield _PLACE.sub(r"{\1}", rule)
        return
    for name in choice[1].split(","):
        yield from _paths(rule.replace(choice[0], name.strip(' "')))


def frame_names() -> list[str]:
    """The types of the frames that a page may send: the cases of `parse_fields`."""
    return [
        case.pattern.value.value
        for node in ast.walk(_tree(Path(frames.__file__)))
        if isinstance(node, ast.FunctionDef) and node.name == "parse_fields"
        for case in ast.walk(node)
        if isinstance(case, ast.match_case)
        and isinstance(case.pattern, ast.MatchValue)
        and isinstance(case.pattern.value, ast.Constant)
    ]


def fields_in(module: Path) -> set[str]:
    """All fields that a module reads from forms, queries and frames."""
    return set(_fields_in(_tree(module)))


def all_fields() -> set[str]:
    """All fields that anything reads that a browser can reach."""
    return set().union(*map(fields_in, Path(frames.__file__).parent.glob("*.py")))


def frame_fields() -> set[str]:
    return fields_in(Path(frames.__file__)) - {"type"}


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def _fields_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=source, attr="get" | "getlist"),
                args=[ast.Constant(value=str(name)), *_],
            ) if ast.unparse(source).rpartition(".")[2] in {"form", "args", "fields"}:
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[source]) if (
                ast.unparse(source).rpartition(".")[2] in {"form", "args", "fields"}
            ):
                yield name
