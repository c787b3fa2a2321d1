"""What a page is told that comes while something changes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from webapp.web import announce
from webapp.web.hub import Showing


def test_a_page_that_comes_while_its_answer_ends_is_sent_the_end(
    monkeypatch: pytest.MonkeyPatch,
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
        cast("Any", SimpleNamespace(chat=chat)),
        cast("Any", None),
        Showing.own("ada", "c"),
        last="a",
        state="running",
    )

    assert sent == [([answer], "q")]
