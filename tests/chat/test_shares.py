"""Links: who may make them, what they open, and when they stop doing so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from tests.chat.conftest import Chat
from webapp.chat.library import Library
from webapp.chat.shares import LINK_LIMIT, Link, Shares
from webapp.errors import (
    AlreadyAnswering,
    NotFound,
    NothingToShare,
    PublicSharingOff,
    TooManyLinks,
)
from webapp.store import conversations
from webapp.store.ids import new_token
from webapp.store.shares import Audience
from webapp.store.vault import Vault

_DAY = timedelta(days=1)


@pytest.fixture
def vault() -> Vault:
    return Vault(Fernet.generate_key())


@pytest.fixture
def shares(chat: Chat, vault: Vault) -> Shares:
    return Shares(
        database=chat.database, vault=vault, clock=chat.clock, public_allowed=lambda: True
    )


@pytest.fixture
def library(chat: Chat) -> Library:
    return Library(database=chat.database, clock=chat.clock)


def _asked(chat: Chat, text: str = "A question") -> str:
    asked = chat.ask(["An answer."], text=text)
    chat.ending(asked)
    return asked.conversation.id


def _link(
    chat: Chat,
    shares: Shares,
    conversation_id: str,
    *,
    audience: Audience = "public",
    snapshot: bool = False,
    lifetime: timedelta | None = None,
) -> Link:
    return shares.make(
        chat.user, conversation_id, audience=audience, snapshot=snapshot, lifetime=lifetime
    )


def _words(shares: Shares, token: str | None) -> list[str]:
    assert token is not None
    return [message.text for message in shares.window(shares.open(token)).messages]


def test_a_live_link_follows_the_conversation_and_a_snapshot_does_not(
    chat: Chat, shares: Shares
) -> None:
    first = chat.ask(["one"])
    chat.ending(first)
    live = _link(chat, shares, first.conversation.id)
    cut = _link(chat, shares, first.conversation.id, snapshot=True)

    chat.ending(chat.ask(["two"], text="More", after=first))

    assert _words(shares, live.token) == ["A question", "one", "More", "two"]
    assert _words(shares, cut.token) == ["A question", "one"]


def test_a_deleted_message_vanishes_from_a_snapshot_too(
    chat: Chat, shares: Shares, library: Library
) -> None:
    first = chat.ask(["one"])
    chat.ending(first)
    second = chat.ask(["two"], text="More", after=first)
    chat.ending(second)
    cut = _link(chat, shares, first.conversation.id, snapshot=True)

    library.delete(chat.user, second.question.id, last=second.answer.id)
    assert _words(shares, cut.token) == ["A question", "one"]

    library.delete(chat.user, first.question.id, last=first.answer.id)
    with pytest.raises(NotFound):
        _words(shares, cut.token)


def test_a_link_runs_out(chat: Chat, shares: Shares) -> None:
    conversation_id = _asked(chat)
    link = _link(chat, shares, conversation_id, lifetime=_DAY)
    assert link.token is not None

    chat.clock.advance(_DAY.total_seconds() - 1)
    assert shares.open(link.token) == link.share
    assert shares.still_open([link.share.id]) == {link.share.id}
    chat.clock.advance(1)

    with pytest.raises(NotFound):
        shares.open(link.token)
    assert shares.still_open([link.share.id]) == set()
    assert shares.links(chat.user, conversation_id) == []


def test_a_revoked_link_opens_nothing(chat: Chat, shares: Shares) -> None:
    conversation_id = _asked(chat)
    link, other = (_link(chat, shares, conversation_id) for _ in range(2))

    assert shares.revoke(chat.user, link.share.id) == conversation_id

    with pytest.raises(NotFound):
        _words(shares, link.token)
    assert _words(shares, other.token) == ["A question", "An answer."]
    with pytest.raises(NotFound):
        shares.revoke(chat.user, link.share.id)


def test_public_links_need_the_servers_leave_when_made_and_when_opened(
    chat: Chat, shares: Shares, vault: Vault
) -> None:
    strict = Shares(
        database=chat.database, vault=vault, clock=chat.clock, public_allowed=lambda: False
    )
    conversation_id = _asked(chat)
    public = _link(chat, shares, conversation_id)
    team = _link(chat, shares, conversation_id, audience="team")

    with pytest.raises(PublicSharingOff):
        _link(chat, strict, conversation_id)
    with pytest.raises(NotFound):
        _words(strict, public.token)
    assert _words(strict, team.token) == ["A question", "An answer."]


def test_a_snapshot_waits_for_the_end_of_an_answer(chat: Chat, shares: Shares) -> None:
    gate = threading.Event()
    asked = chat.ask(["half", gate, " and half"])

    with pytest.raises(AlreadyAnswering):
        _link(chat, shares, asked.conversation.id, snapshot=True)
    live = _link(chat, shares, asked.conversation.id)
    gate.set()
    chat.ending(asked)

    assert _words(shares, live.token) == ["A question", "half and half"]


def test_of_nothing_there_is_no_snapshot(chat: Chat, shares: Shares, library: Library) -> None:
    asked = chat.ask(["one"])
    chat.ending(asked)
    library.delete(chat.user, asked.question.id, last=asked.answer.id)

    with pytest.raises(NothingToShare):
        _link(chat, shares, asked.conversation.id, snapshot=True)


def test_what_lies_in_the_trash_cannot_be_shared(
    chat: Chat, shares: Shares, library: Library
) -> None:
    conversation_id = _asked(chat)
    link = _link(chat, shares, conversation_id)
    library.mark(chat.user, {conversation_id}, "trashed", on=True)

    with pytest.raises(NotFound):
        _link(chat, shares, conversation_id)
    with pytest.raises(NotFound):
        _words(shares, link.token)
    with pytest.raises(NotFound):
        shares.window(link.share)


def test_there_is_an_end_to_the_links_of_one_conversation(chat: Chat, shares: Shares) -> None:
    conversation_id = _asked(chat)
    for _ in range(LINK_LIMIT):
        _link(chat, shares, conversation_id, lifetime=_DAY)

    with pytest.raises(TooManyLinks):
        _link(chat, shares, conversation_id)
    chat.clock.advance(_DAY.total_seconds())

    assert _link(chat, shares, conversation_id).token


def test_another_user_can_neither_make_nor_see_nor_revoke_links(chat: Chat, shares: Shares) -> None:
    conversation_id = _asked(chat)
    link = _link(chat, shares, conversation_id)

    for user in ("eve", ""):
        with pytest.raises(NotFound):
            shares.make(user, conversation_id, audience="team", snapshot=False, lifetime=None)
        with pytest.raises(NotFound):
            shares.links(user, conversation_id)
        with pytest.raises(NotFound):
            shares.revoke(user, link.share.id)
    assert shares.links(chat.user, conversation_id) == [link]


def test_without_its_key_a_link_is_listed_and_can_be_revoked_but_not_shown(
    chat: Chat, shares: Shares
) -> None:
    conversation_id = _asked(chat)
    link = _link(chat, shares, conversation_id, audience="team")
    other = Shares(
        database=chat.database,
        vault=Vault(Fernet.generate_key()),
        clock=chat.clock,
        public_allowed=lambda: True,
    )

    assert [one.token for one in other.links(chat.user, conversation_id)] == [None]
    assert other.with_team("eve") == []
    assert [one.token for one in shares.with_team("eve")] == [link.token]
    assert other.revoke(chat.user, link.share.id) == conversation_id


def _hostile(token: str) -> Iterator[str]:
    """Near misses of a token that works, and what has nothing to do with one."""
    yield from ("", " ", token[:-1], token + "A", " " + token, token + " ", token + "\n")
    yield from (token.swapcase(), token.upper(), token.lower(), token[::-1], token * 2)
    yield from (token[:20] + "%00" + token[20:], token[:-1] + "=", token + "==", "*" * 43)
    yield from ("%" * 43, "_" * 43, "-" * 43, "A" * 43, "a" * 1_000_000, "\x00" * 43)
    yield from ("\ud800" * 43, "é" * 43, "A" * 43, "🙂" * 43, "' OR 1=1 --", "../" + token)
    yield from ("null", "None", "undefined", "0", "[]", "{}", "true", "admin", "team")
    yield from (f"{token}/", f"/{token}", f"{token}?", f"{token}#", f"{token};", f"{token},")
    yield from (f"'{token}'", f'"{token}"', f"{token}'--", f"{token}\x00", f"\u202e{token}")
    yield from (new_token() for _ in range(5))


def test_fifty_tokens_that_are_none_open_nothing(chat: Chat, shares: Shares) -> None:
    link = _link(chat, shares, _asked(chat))
    assert link.token is not None
    hostile = [one for one in _hostile(link.token) if one != link.token]
    assert len(set(hostile)) >= 50

    for token in (*hostile, link.share.id, link.share.conversation_id, link.share.sealed_token):
        with pytest.raises(NotFound):
            shares.open(token)

    assert shares.open(link.token) == link.share


def test_a_link_shows_one_branch_alone(chat: Chat, shares: Shares) -> None:
    first = chat.ask(["one"])
    chat.ending(first)
    link = _link(chat, shares, first.conversation.id, snapshot=True)
    second = chat.ask(["two"], text="More", after=first)
    chat.ending(second)
    with chat.database.writing() as connection:
        conversations.move_head(connection, chat.user, first.conversation.id, second.question.id)

    live = _link(chat, shares, first.conversation.id)

    assert _words(shares, link.token) == ["A question", "one"]
    assert _words(shares, live.token) == ["A question", "one", "More"]
