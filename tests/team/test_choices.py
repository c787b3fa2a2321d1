"""What the owner chooses: it holds at once and after a restart, where nobody else says it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.support.clock import FakeClock
from webapp.config import load_settings
from webapp.errors import BadCommand, ChoiceFixed
from webapp.store.database import Database
from webapp.team.choices import Choices


def _choices(database: Database, **environ: str) -> Choices:
    variables = {f"LIAOCHAT_{name.upper()}": value for name, value in environ.items()}
    folder = str(Path(database.file).parent)
    settings, entries = load_settings({"LIAOCHAT_DATA_DIR": folder, **variables})
    return Choices(database, FakeClock(), settings, entries)


def _nothing(_connection: Connection, _name: str) -> None:
    """Record nothing."""


def test_a_choice_holds_at_once_and_after_a_restart(database: Database) -> None:
    choices = _choices(database)
    assert (choices.public_sharing, choices.source_of("public_sharing")) == (False, "default")
    recorded: list[str] = []

    choices.choose({"public_sharing": True}, lambda _, name: recorded.append(name))
    choices.choose({"public_sharing": True}, lambda _, name: recorded.append(name))

    for one in (choices, _choices(database)):
        assert (one.public_sharing, one.source_of("public_sharing")) == (True, "owner")
    assert recorded == ["public_sharing"]


def test_what_the_host_says_is_fixed(database: Database) -> None:
    _choices(database).choose({"public_sharing": True}, _nothing)

    choices = _choices(database, public_sharing="off")

    assert (choices.public_sharing, choices.source_of("public_sharing")) == (False, "environment")
    with pytest.raises(ChoiceFixed, match="LIAOCHAT_PUBLIC_SHARING"):
        choices.choose({"public_sharing": True}, _nothing)
    assert not choices.public_sharing


@pytest.mark.parametrize("wanted", [{"public_sharing": "on"}, {"port": 1}, {"": True}])
def test_what_is_no_choice_is_not_taken(database: Database, wanted: dict[str, object]) -> None:
    with pytest.raises(BadCommand):
        _choices(database).choose(wanted, _nothing)


def test_a_choice_that_could_not_be_recorded_is_not_made(database: Database) -> None:
    def fail(_connection: Connection, _name: str) -> None:
        raise KeyError

    choices = _choices(database)
    with pytest.raises(KeyError):
        choices.choose({"public_sharing": True}, fail)

    assert not choices.public_sharing
    assert not _choices(database).public_sharing


def test_of_two_who_choose_at_once_the_last_one_kept_is_the_one_that_holds(
    database: Database,
) -> None:
    choices = _choices(database)

    def flip() -> None:
        for at in range(20):
            choices.choose({"public_sharing": at % 2 == 0}, _nothing)

    threads = [threading.Thread(target=flip) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert choices.public_sharing == _choices(database).public_sharing
