"""What a page is told that comes while something changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import pytest

from webapp.web import announce
from webapp.web.hub import Hub, Showing


class _Page:
    user_id, visitor = "ada", False

    def send(self, _frame: bytes) -> None: ...


@pytest.fixture
def hub() -> Hub:
    """With one page, which shows a conversation."""
    hub, page = Hub(limit=9, limit_per_user=9), cast("Any", _Page())
    hub.add(page)
    hub.show(page, Showing.own("ada", "c"))
    return hub


def test_a_page_that_comes_while_its_answer_ends_is_sent_the_end(
    monkeypatch: pytest.MonkeyPatch, hub: Hub
) -> None:
    """The answer runs when it is compared with the page's, and has ended when it is watched."""
    window = SimpleNamespace(messages=[], conversation=SimpleNamespace(live=True, head_id="a"))
    answer = SimpleNamespace(id="a", parent_id="q", state="complete")
    chat = SimpleNamespace(window_behind=lambda *_, **__: window, message=lambda *_: answer)
    sent: list[object] = []
    monkeypatch.setattr(
        announce, "show_messages", lambda *said, after: sent.append((said[-1], after))
    )

    announce.catch_up(
        cast("Any", SimpleNamespace(chat=chat, hub=hub)),
        cast("Any", None),
        Showing.own("ada", "c"),
        last="a",
        state="running",
    )

    assert sent == [([answer], "q")]


def test_what_a_page_is_told_last_is_how_things_are(
    monkeypatch: pytest.MonkeyPatch, hub: Hub
) -> None:
    """One has read the branch when another one changes it; both tell the page what they read."""
    branch = "before"
    read, told = threading.Event(), threading.Event()

    def window_behind(*_: object) -> object:
        window = SimpleNamespace(branch=branch)
        if branch == "before":
            read.set()
            told.wait(0.3)  # would the other one not wait, it would overtake us now
        return window

    sent: list[str] = []
    monkeypatch.setattr(announce, "_show_window", lambda *told: sent.append(told[-1].branch))
    own = cast("Any", SimpleNamespace(hub=hub, chat=SimpleNamespace(window_behind=window_behind)))
    message = cast("Any", SimpleNamespace(conversation_id="c", parent_id="q"))

    def change() -> None:
        nonlocal branch
        assert read.wait(5)
        branch = "after"
        announce.announce_branch(own, "ada", message)
        told.set()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(announce.announce_branch, own, "ada", message)
        pool.submit(change).result(5)
        first.result(5)

    assert sent == ["before", "after"]


def test_who_asked_on_a_branch_that_is_not_shown_any_more_is_told_the_one_that_is(
    monkeypatch: pytest.MonkeyPatch, hub: Hub
) -> None:
    chat = SimpleNamespace(
        conversation=lambda *_: SimpleNamespace(head_id="of another branch"),
        window_behind=lambda *_: "the other branch",
    )
    sent: list[object] = []
    monkeypatch.setattr(announce, "_show_window", lambda *told: sent.append(told[-1]))
    monkeypatch.setattr(announce, "_tell_entry", lambda *_: None)
    publisher = SimpleNamespace(follow=lambda _: None)
    own = cast("Any", SimpleNamespace(hub=hub, chat=chat, publisher=publisher))
    fields = {"parent_id": None, "generation_id": "g", "model": None, "conversation_id": "c"}
    answer = SimpleNamespace(id="answer", **fields)
    asked = cast(
        "Any",
        SimpleNamespace(
            again=False, answer=answer, new=[answer], conversation=SimpleNamespace(id="c")
        ),
    )

    announce.announce_asked(own, "ada", asked)

    assert sent == ["the other branch"]
