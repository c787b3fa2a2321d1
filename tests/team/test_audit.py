"""The audit log: what is written down, and that it goes with what was done."""

from __future__ import annotations

import pytest

from tests.support.clock import FakeClock
from webapp.store.database import Database
from webapp.store.users import User
from webapp.team.audit import Audit


def test_the_log_is_read_from_the_last_back_in_pages(database: Database, owner: User) -> None:
    audit = Audit(database, FakeClock())
    with database.writing() as connection:
        for number in range(120):
            audit.record(connection, "share.made", str(number), actor=owner, address="192.0.2.1")

    first = audit.page()
    second = audit.page(after=first.behind)
    third = audit.page(after=second.behind)

    listed = [row.subject for page in (first, second, third) for row in page.rows]
    assert listed == [str(number) for number in reversed(range(120))]
    assert third.behind is None
    assert [row.subject for row in audit.all()] == listed
    assert (first.rows[0].actor, first.rows[0].address) == ("Owner", "192.0.2.1")


def test_what_was_not_done_is_not_recorded(database: Database, owner: User) -> None:
    audit = Audit(database, FakeClock())

    def fail() -> None:
        with database.writing() as connection:
            audit.record(connection, "member.disabled", "Eve", actor=owner, address="")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert not audit.page().rows


def test_a_subject_is_one_line_that_turns_nothing_round(database: Database) -> None:
    audit = Audit(database, FakeClock())
    with database.writing() as connection:
        audit.record(
            connection, "sign_in.failed", "A\nB\u202eC" + "x" * 300, actor=None, address=""
        )

    (row,) = audit.page().rows

    assert row.subject.startswith("A BC")
    assert len(row.subject) == 200
    assert row.actor == ""
