"""Which open pages there are, and what each shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from webapp.web.connection import RESTARTING, Connection
from webapp.web.hub import PAGES_PER_ADDRESS, Hub, Showing


@dataclass(eq=False)
class Page:
    """A connection as far as the hub knows one."""

    user_id: str
    visitor: bool = False
    session_hash: str = "session"
    happened: list[tuple[object, ...]] = field(default_factory=list)

    closed: list[tuple[int, str]] = field(default_factory=list)

    def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))

    def part(self, code: int, reason: str) -> None:
        self.happened.append(("told", code, reason))

    def wake(self) -> None:
        self.happened.append(("woken",))


def _page(user_id: str = "ada", *, visitor: bool = False) -> Connection:
    return cast("Connection", Page(user_id, visitor))


def _own(conversation_id: str, user_id: str = "ada") -> Showing:
    return Showing.own(user_id, conversation_id)


def _shared(conversation_id: str, share_id: str) -> Showing:
    return Showing(conversation_id, "ada", f"/shared/{share_id}", share_id)


def test_a_page_shows_the_conversation_it_turned_to_last() -> None:
    hub, page = Hub(limit=9, limit_per_user=9), _page()
    hub.add(page)

    hub.show(page, _own("first"))
    hub.show(page, _own("second"))

    assert hub.shown_by(page) == _own("second")
    assert hub.showing("first") == []
    assert hub.showing("second") == [(page, _own("second"))]


def test_a_page_that_turned_to_a_new_chat_shows_no_conversation() -> None:
    hub, page = Hub(limit=9, limit_per_user=9), _page()
    hub.add(page)

    hub.show(page, _own("first"))
    hub.show(page, None)

    assert hub.shown_by(page) is None
    assert hub.showing("first") == []


def test_a_conversation_is_shown_to_its_owner_and_to_who_reads_it_by_a_share() -> None:
    hub, own, reader = Hub(limit=9, limit_per_user=9), _page("ada"), _page("eve")
    for page, showing in ((own, _own("c")), (reader, _shared("c", "one"))):
        hub.add(page)
        hub.show(page, showing)

    rights = {page.user_id: showing.read_only for page, showing in hub.showing("c")}

    assert rights == {"ada": False, "eve": True}


def test_the_readers_of_a_share_are_found_when_it_ends() -> None:
    hub, pages = Hub(limit=9, limit_per_user=9), [_page("ada"), _page("bob"), _page("eve")]
    for page, showing in zip(
        pages, (_own("c"), _shared("c", "one"), _shared("c", "two")), strict=True
    ):
        hub.add(page)
        hub.show(page, showing)

    reading = hub.reading("one")

    assert reading == [pages[1]]


def test_a_page_that_left_shows_nothing_and_cannot_come_back_by_showing() -> None:
    hub, page = Hub(limit=9, limit_per_user=9), _page()
    hub.add(page)

    hub.remove(page)
    hub.show(page, _own("a conversation"))
    hub.remove(page)

    assert hub.shown_by(page) is None
    assert hub.showing("a conversation") == []
    assert hub.of_user("ada") == []


def test_one_user_cannot_take_all_places() -> None:
    hub = Hub(limit=3, limit_per_user=2)

    taken = [hub.add(_page("ada")) for _ in range(3)]
    others = [hub.add(_page("bob")) for _ in range(2)]

    assert taken == [True, True, False]
    assert others == [True, False]


def test_visitors_take_no_places_of_the_team_and_the_team_none_of_theirs() -> None:
    hub = Hub(limit=2, limit_per_user=2, limit_of_visitors=3)

    visitors = [hub.add(_page(f"192.0.2.{number}", visitor=True)) for number in range(4)]
    team = [hub.add(_page(name)) for name in ("ada", "bob", "eve")]

    assert visitors == [True, True, True, False]
    assert team == [True, True, False]


def test_one_address_cannot_take_all_places_of_visitors() -> None:
    hub = Hub(limit=1, limit_per_user=1, limit_of_visitors=PAGES_PER_ADDRESS + 1)

    taken = [hub.add(_page("192.0.2.1", visitor=True)) for _ in range(PAGES_PER_ADDRESS + 1)]
    other = hub.add(_page("192.0.2.2", visitor=True))

    assert taken == [True] * PAGES_PER_ADDRESS + [False]
    assert other


def test_who_reads_by_a_share_is_told_nothing_about_a_list() -> None:
    hub = Hub(limit=9, limit_per_user=9, limit_of_visitors=9)
    own, reader, visitor = _page("ada"), _page("ada"), _page("ada", visitor=True)
    for page in (own, reader, visitor):
        hub.add(page)
    hub.show(reader, _shared("c", "one"))

    assert hub.of_user("ada") == [own]
    assert hub.shares_read() == {"one"}


def test_all_pages_of_a_session_are_found_also_those_that_read_by_a_share() -> None:
    hub = Hub(limit=9, limit_per_user=9, limit_of_visitors=9)
    own, reader, visitor = _page("ada"), _page("ada"), _page("192.0.2.1", visitor=True)
    for page in (own, reader, visitor):
        hub.add(page)
    hub.show(reader, _shared("c", "one"))

    assert hub.sessions() == {"session"}
    assert hub.of_session("session") == [own, reader]


def test_a_place_that_was_left_is_free_again() -> None:
    hub, first = Hub(limit=1, limit_per_user=1), _page()
    hub.add(first)
    refused = hub.add(_page())

    hub.remove(first)

    assert not refused
    assert hub.add(_page())


def test_a_hub_that_closes_says_goodbye_to_all_before_it_wakes_one_and_takes_nobody() -> None:
    hub, happened = Hub(limit=9, limit_per_user=9), []
    for user in ("ada", "bob"):
        hub.add(cast("Connection", Page(user, happened=happened)))

    hub.close(RESTARTING, "the server restarts")

    told = ("told", RESTARTING, "the server restarts")
    assert happened == [told, told, ("woken",), ("woken",)]
    assert not hub.add(_page())
