"""Which open pages there are, and what each shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from webapp.web.connection import RESTARTING, Connection
from webapp.web.hub import Hub, Showing


@dataclass(eq=False)
class Page:
    """A connection as far as the hub knows one."""

    user_id: str
    closed: list[tuple[int, str]] = field(default_factory=list)

    def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))


def _page(user_id: str = "ada") -> Connection:
    return cast("Connection", Page(user_id))


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


def test_a_place_that_was_left_is_free_again() -> None:
    hub, first = Hub(limit=1, limit_per_user=1), _page()
    hub.add(first)
    refused = hub.add(_page())

    hub.remove(first)

    assert not refused
    assert hub.add(_page())


def test_a_hub_that_closed_says_goodbye_to_all_and_takes_nobody() -> None:
    hub, pages = Hub(limit=9, limit_per_user=9), [_page(), _page("bob")]
    for page in pages:
        hub.add(page)

    hub.close(RESTARTING, "the server restarts")

    assert [cast("Page", page).closed for page in pages] == [
        [(RESTARTING, "the server restarts")]
    ] * 2
    assert not hub.add(_page())
