"""Making a tree of whatever a file says about which message follows which.

Our rules: every parent exists, nothing is its own ancestor, and an answer's parent is a
question (or nothing: some conversations begin with a greeting). What breaks them is mended
where nothing is lost by it, and counted.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from webapp.chat.importing.shape import ImportedMessage, Omission


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree of a file; `message` is None where nothing of it is taken along."""

    key: str
    parent: str | None
    message: ImportedMessage | None


@dataclass(frozen=True, slots=True)
class Settled:
    messages: tuple[ImportedMessage, ...]
    head: str | None
    mended: tuple[Omission, ...]


def settle(nodes: Iterable[Node], head: str | None) -> Settled:
    """Order messages so that each stands behind its parent, else as they came.

    The messages of nodes without one are followed up to the next ancestor that has one.
    `head` becomes the key of a message, the newest one where it leads nowhere.
    """
    counts: Counter[str] = Counter()
    by_key: dict[str, Node] = {}
    for node in nodes:
        if node.key in by_key:
            counts["same_key"] += 1
        else:
            by_key[node.key] = node
    ordered, parents = _parents_first(by_key, counts)

    nearest: dict[str | None, str | None] = {None: None}
    kept: list[ImportedMessage] = []
    for node in ordered:
        above = nearest[parents[node.key]]
        nearest[node.key] = above if node.message is None else node.key
        if node.message is not None:
            kept.append(replace(node.message, key=node.key, parent=above))
    messages, places = _questions_above_answers(kept, counts)

    shown = places.get(nearest.get(head) or "")
    if shown is None and messages:
        shown = _newest(messages).key
    mended = tuple(Omission(reason, count) for reason, count in sorted(counts.items()))
    return Settled(tuple(messages), shown, mended)


def _parents_first(
    by_key: dict[str, Node], counts: Counter[str]
) -> tuple[Sequence[Node], dict[str, str | None]]:
    """Cut the nodes into trees; give them in an order, and each one's parent after that."""
    places = {key: at for at, key in enumerate(by_key)}
    keys = list(by_key)
    parents: dict[str, str | None] = {}
    children: dict[str, list[str]] = {}
    ready: list[int] = []
    for at, node in enumerate(by_key.values()):
        parent = node.parent if node.parent in by_key else None
        if parent is None and node.parent is not None:
            counts["no_parent"] += 1
        parents[node.key] = parent
        if parent is None:
            ready.append(at)
        else:
            children.setdefault(parent, []).append(node.key)

    ordered: list[Node] = []
    reached: set[str] = set()

    def take() -> None:
        while ready:
            key = keys[heapq.heappop(ready)]
            if key in reached:
                continue
            reached.add(key)
            ordered.append(by_key[key])
            for child in children.get(key, ()):
                heapq.heappush(ready, places[child])

    take()
    for key in keys:
        if key not in reached:  # it is in a circle, or hangs from one: cut that open
            cut = _first_of_circle(key, parents, places)
            counts["circle"] += 1
            parents[cut] = None
            ready.append(places[cut])
            take()
    return ordered, parents


def _first_of_circle(key: str, parents: dict[str, str | None], places: dict[str, int]) -> str:
    seen: set[str] = set()
    at: str | None = key
    while at is not None and at not in seen:
        seen.add(at)
        at = parents[at]
    start = at or key
    circle, at = [start], parents[start]
    while at is not None and at != start:
        circle.append(at)
        at = parents[at]
    return min(circle, key=places.__getitem__)


def _questions_above_answers(
    kept: Sequence[ImportedMessage], counts: Counter[str]
) -> tuple[list[ImportedMessage], dict[str, str]]:
    """Join an answer that comes in parts; put a second one beside the first.

    Some products store an answer's steps as messages that follow each other. One that is
    the only one behind another answer is its next part. Of several each would need a copy
    of the first part: they become versions of it instead, and no text is stored twice.
    Returns the messages, and where each key's text is.
    """
    followers = Counter(message.parent for message in kept)
    roles = {message.key: message.role for message in kept}
    places: dict[str, str] = {}
    parts: dict[str, list[ImportedMessage]] = {}
    for message in kept:
        parent = message.parent
        if message.role == "assistant" and parent is not None and roles[parent] == "assistant":
            counts["joined"] += 1
            if followers[parent] == 1:
                places[message.key] = places[parent]
                parts[places[parent]].append(message)
                continue
            parent = parts[places[parent]][0].parent
        elif parent is not None:
            parent = places[parent]
        places[message.key] = message.key
        parts[message.key] = [replace(message, parent=parent)]
    return [_joined(some) for some in parts.values()], places


def _joined(parts: Sequence[ImportedMessage]) -> ImportedMessage:
    first, last = parts[0], parts[-1]
    if first is last:
        return first
    text = "\n\n".join(part.text for part in parts if part.text)
    return replace(
        first,
        text=text,
        state=last.state,
        model=last.model or first.model,
        failure=last.failure,
        beside=next((part.beside for part in parts if part.beside.thoughts), first.beside),
    )


def _newest(messages: Sequence[ImportedMessage]) -> ImportedMessage:
    """The last of the messages with the latest time; of messages without times the last."""
    dated = [message for message in messages if message.created_at is not None]
    if not dated:
        return messages[-1]
    latest = max(message.created_at for message in dated if message.created_at is not None)
    return next(message for message in reversed(messages) if message.created_at == latest)
