"""The catalogue: when servers are asked for their lists, and what holds meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.providers import ScriptedProvider
from webapp.chat.catalogue import Catalogue
from webapp.errors import AddressWrong, ConfigurationError, KeyElsewhere, KeyRefused, LiaochatError
from webapp.providers.base import AuthCode, Cancellation, Listed, Model, Question
from webapp.providers.keys import BoundKey
from webapp.providers.models_file import ProviderEntry
from webapp.store import offers
from webapp.store.database import Database
from webapp.store.schema import migrate

_HOUR, _MINUTE = 3600.0, 60.0
_MODEL = Model("office", "m", "M")


class _Lister(ScriptedProvider):
    """A provider that lists what a test wants, and remembers who asked."""

    def __init__(self, entry: ProviderEntry) -> None:
        super().__init__()
        self.entry = entry
        self.offers: Sequence[Listed] | LiaochatError = [Listed("m", "M")]
        self.gate: threading.Event | None = None
        self.asked: list[AuthCode | None] = []
        self.closed = False

    def models(self, key: AuthCode | None) -> Sequence[Listed]:
        self.asked.append(key)
        if self.gate is not None:
            assert self.gate.wait(20)
        if isinstance(self.offers, LiaochatError):
            raise self.offers
        return self.offers

    def close(self) -> None:
        self.closed = True


class _House:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "models.toml"
        self.clock = FakeClock()
        self.made: list[_Lister] = []
        self.key_of_team: AuthCode | None = None
        self.database = Database(folder / "some.db")
        migrate(self.database)

    def open(self, text: str) -> Catalogue:
        self.file.write_text(text, "utf-8")
        return Catalogue(
            lambda: self.file,
            built_in=[ScriptedProvider()],
            make=self._make,
            database=self.database,
            clock=self.clock,
            team_key=lambda _: self.key_of_team,
        )

    def kept(self, provider: str, port: int) -> bool:
        """Tell whether a restart would know what a provider listed."""
        with self.database.reading() as connection:
            return bool(offers.listed(connection, provider, [f"http://127.0.0.1:{port}/v1"]))

    def _make(self, entry: ProviderEntry) -> _Lister:
        if entry.id == "bad":
            raise ConfigurationError(reason="No key is there.")
        self.made.append(_Lister(entry))
        return self.made[-1]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[_House]:
    made = _House(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def opened(house: _House) -> Iterator[Callable[[str], Catalogue]]:
    made: list[Catalogue] = []

    def open_(text: str) -> Catalogue:
        made.append(house.open(text))
        return made[-1]

    yield open_
    for one in made:
        one.close(5)


def _entry(name: str = "office", *, port: int = 1, more: str = "") -> str:
    return f'[[providers]]\nid = "{name}"\nurl = "http://127.0.0.1:{port}/v1"\n{more}\n'


def _go(catalogue: Catalogue, wanted: Callable[[], bool]) -> None:
    """Let it go its rounds until this is so."""
    until = time.monotonic() + 20
    while not wanted():
        assert time.monotonic() < until
        catalogue._go_round()  # noqa: SLF001 - a round at this moment, whatever the clock says
        time.sleep(0.005)


def _keys(catalogue: Catalogue) -> list[str]:
    return list(catalogue.offer.models)


def test_a_server_is_asked_at_the_start_again_after_an_hour_and_sooner_where_it_failed(
    house: _House, opened: Callable[[str], Catalogue]
) -> None:
    catalogue = opened(_entry())
    (lister,) = house.made
    assert _keys(catalogue) == []  # nobody waited for it

    _go(catalogue, lambda: _keys(catalogue) == ["office/m"])
    lister.offers = AddressWrong(host="127.0.0.1")
    catalogue._go_round()  # noqa: SLF001
    assert len(lister.asked) == 1
    house.clock.advance(_HOUR)
    _go(catalogue, lambda: len(catalogue.troubles()) == 1)
    assert _keys(catalogue) == ["office/m"]  # it may be away for a while
    lister.offers = [Listed("n", "N")]
    catalogue._go_round()  # noqa: SLF001
    assert len(lister.asked) == 2
    house.clock.advance(_MINUTE)
    _go(catalogue, lambda: _keys(catalogue) == ["office/n"])

    assert len(lister.asked) == 3
    assert catalogue.troubles() == []


def test_a_server_that_wants_a_key_is_asked_with_one_alone(
    house: _House, opened: Callable[[str], Catalogue]
) -> None:
    text = _entry("each", more='key = "session"') + _entry("ours", more='key = "team"')
    catalogue = opened(text)
    each, ours = house.made

    for _ in range(3):
        catalogue._go_round()  # noqa: SLF001
    assert (each.asked, ours.asked) == ([], [])
    key = BoundKey("test-1", provider="each", origins=each.entry.origins)
    catalogue.list_with("each", key, now=True)
    house.key_of_team = BoundKey("test-2", provider="ours", origins=ours.entry.origins)
    catalogue.list_anew("ours")
    _go(catalogue, lambda: set(_keys(catalogue)) == {"each/m", "ours/m"})

    assert (each.asked, ours.asked) == ([key], [house.key_of_team])
    assert catalogue.offer.models["each/m"].needs_auth_code
    # Whoever else comes with a key does not have it asked again, unless they enter one.
    catalogue.list_with("each", key)
    assert len(each.asked) == 1


def test_what_an_account_tuned_for_itself_and_a_refused_key_are_nobody_elses_business(
    house: _House, opened: Callable[[str], Catalogue]
) -> None:
    catalogue = opened(_entry("each", more='key = "session"'))
    (each,) = house.made
    each.offers = [Listed("ft:gpt-4:acme::x1", "Ours"), Listed("gpt-4", "GPT-4")]
    key = BoundKey("test-1", provider="each", origins=each.entry.origins)

    catalogue.list_with("each", key, now=True)
    _go(catalogue, lambda: _keys(catalogue) == ["each/gpt-4"])
    each.offers = KeyRefused(provider="each")
    house.clock.advance(_HOUR)
    catalogue.list_with("each", key)
    _go(catalogue, lambda: len(each.asked) == 2)

    assert catalogue.troubles() == []


def test_a_key_for_another_place_is_not_even_used_to_ask_for_a_list(
    house: _House, opened: Callable[[str], Catalogue], caplog: pytest.LogCaptureFixture
) -> None:
    catalogue = opened(_entry("each", more='key = "session"'))
    (each,) = house.made
    provider = catalogue.providers["each"]

    for key in (
        AuthCode("test-code"),
        BoundKey("test-1", provider="other", origins=each.entry.origins),
        BoundKey("test-1", provider="each", origins=["http://127.0.0.1:2"]),
    ):
        catalogue.list_with("each", key, now=True)
        house.clock.advance(_MINUTE)
        question = Question("", _MODEL, "", (), auth_code=key)
        with pytest.raises(KeyElsewhere):
            next(iter(provider.stream(question, Cancellation())))
    _go(catalogue, lambda: "each gave no list of its models" in caplog.text)

    assert each.asked == []
    assert each.questions == []
    assert "test-" not in caplog.text


def test_a_server_that_is_gone_from_the_file_answers_what_it_began_and_its_list_comes_too_late(
    house: _House, opened: Callable[[str], Catalogue]
) -> None:
    catalogue = opened(_entry() + _entry("other", more="list = false"))
    office, other = house.made
    office.gate = threading.Event()
    _go(catalogue, lambda: len(office.asked) == 1)
    answering = catalogue.providers["office"]

    house.file.write_text(_entry("other", more="list = false") + '[[models]]\nid = "x"\n')
    _go(catalogue, lambda: "office" not in catalogue.providers)
    office.gate.set()
    office.enqueue(["still here"])
    said = list(answering.stream(Question("", _MODEL, "", ()), Cancellation()))

    assert said == ["still here"]
    assert office.closed
    assert not other.closed  # it did not change
    assert catalogue.providers["other"] is not None
    assert _keys(catalogue) == ["liaobots/x"]


def test_a_file_whose_key_is_not_there_changes_nothing(
    house: _House, opened: Callable[[str], Catalogue]
) -> None:
    catalogue = opened(_entry())
    house.file.write_text(_entry(port=2) + _entry("bad"))

    _go(catalogue, lambda: catalogue.troubles() != [])

    (trouble,) = catalogue.troubles()
    assert (trouble.whose, str(trouble.error)) == ("", "No key is there.")
    entry = catalogue.entry("office")
    assert entry is not None
    assert entry.hosts == ("http://127.0.0.1:1/v1",)


def test_a_change_is_taken_when_the_file_has_come_to_rest(
    house: _House, opened: Callable[[str], Catalogue]
) -> None:
    """An editor moves the old file away before it writes the new one."""
    catalogue = opened('[[models]]\nid = "a"\n')
    house.file.unlink()
    catalogue._go_round()  # noqa: SLF001
    house.file.write_text('[[models]]\nid = "b"\n')
    catalogue._go_round()  # noqa: SLF001
    assert _keys(catalogue) == ["liaobots/a"]

    catalogue._go_round()  # noqa: SLF001

    assert _keys(catalogue) == ["liaobots/b"]
    assert catalogue.troubles() == []


def test_a_restart_offers_what_was_listed_last_at_the_same_addresses(
    house: _House, opened: Callable[[str], Catalogue]
) -> None:
    catalogue = opened(_entry() + _entry("moved", port=2))
    _go(catalogue, lambda: house.kept("office", 1) and house.kept("moved", 2))
    catalogue.close(5)

    again = opened(_entry() + _entry("moved", port=3))

    assert _keys(again) == ["office/m"]


def test_closing_waits_for_no_list_and_nothing_is_written_afterwards(house: _House) -> None:
    catalogue = house.open(_entry())
    (lister,) = house.made
    gate = lister.gate = threading.Event()
    catalogue.start()
    until = time.monotonic() + 20
    while not lister.asked:
        assert time.monotonic() < until
        time.sleep(0.005)

    catalogue.close(5)
    (waiting,) = [one for one in threading.enumerate() if one.name == "list-office"]
    gate.set()
    waiting.join(20)

    assert lister.closed
    assert _keys(house.open(_entry())) == []
