"""A desk does one thing after the other, and goes on whatever one of them meets."""

from __future__ import annotations

import threading

import pytest

from webapp.web.desk import Desk


def test_what_fails_is_logged_and_the_next_is_done(caplog: pytest.LogCaptureFixture) -> None:
    desk, done = Desk("a desk"), list[str]()

    def fail() -> None:
        raise ValueError("no")

    for job in (fail, lambda: done.append("first"), lambda: done.append("second")):
        desk.put(job)
    desk.start()
    desk.close(10)

    assert done == ["first", "second"]
    assert "ValueError: no" in caplog.text
    assert "a desk" not in [one.name for one in threading.enumerate()]
