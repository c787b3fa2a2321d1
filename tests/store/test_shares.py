"""Shares: what a token opens, for how long, and what deletion leaves of a snapshot."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from tests.store.conftest import NOW
from webapp.store import conversations, members, messages, shares, users
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.ids import new_token, token_hash
from webapp.store.shares import Audience, Share
from webapp.store.tables import shares as table
from webapp.store.users import User

_DAY = timedelta(days=1)


@pytest.fixture
def conversation(database: Database, owner: User) -> Conversation:
    with database.writing() as connection:
        return conversations.create(connection, owner.id, title="A title", now=NOW)


def _share(
    connection: Connection,
    conversation: Conversation,
    owner: User,
    *,
    token: str = "",
    audience: Audience = "public",
    head_id: str | None = None,
    now: datetime = NOW,
    expires_at: datetime | None = None,
) -> Share:
    return shares.add(
        connection,
        owner.id,
        conversation.id,
        audience=audience,
        token=token or new_token(),
        sealed_token="sealed",
        head_id=head_id,
        title=None if head_id is None else conversation.title,
        now=now,
        expires_at=expires_at,
    )


def test_a_token_opens_its_share_and_only_its_hash_is_kept(
    database: Database, owner: User, conversation: Conversation
) -> None:
    token = new_token()
    with database.writing() as connection:
        made = _share(connection, conversation, owner, token=token)

        found = shares.open_with(connection, token, now=NOW)
        other = shares.open_with(connection, new_token(), now=NOW)
        by_hash = shares.open_with(connection, token_hash(token), now=NOW)
        (row,) = connection.execute(table.select()).all()

    assert found == made
    assert other is None
    assert by_hash is None
    assert token not in str(row)


@pytest.mark.parametrize(
    ("after", "opens"),
    [(_DAY - timedelta(microseconds=1), True), (_DAY, False), (2 * _DAY, False)],
    ids=["a moment before", "to the moment", "after"],
)
def test_a_share_runs_out_to_the_moment(
    database: Database,
    owner: User,
    conversation: Conversation,
    after: timedelta,
    opens: bool,  # noqa: FBT001
) -> None:
    token, now = new_token(), NOW + after
    with database.writing() as connection:
        made = _share(
            connection, conversation, owner, token=token, audience="team", expires_at=NOW + _DAY
        )

        assert (shares.open_with(connection, token, now=now) is not None) == opens
        assert shares.still_open(connection, [made.id], [made.audience], now=now) == (
            {made.id} if opens else set()
        )
        listed = shares.of_conversation(connection, owner.id, conversation.id, now=now)
        assert [share.id for share in listed] == ([made.id] if opens else [])
        team = shares.with_team(connection, "eve", now=now, limit=9)
        assert len(team) == opens


def test_what_has_run_out_is_swept_and_the_rest_stays(
    database: Database, owner: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        _share(connection, conversation, owner, expires_at=NOW + _DAY)
        longer = _share(connection, conversation, owner, expires_at=NOW + 2 * _DAY)
        forever = _share(connection, conversation, owner)

        shares.sweep(connection, now=NOW + _DAY)
        left = connection.execute(table.select()).all()

    assert {row.id for row in left} == {longer.id, forever.id}


def test_a_share_opens_nothing_while_its_conversation_is_in_the_trash(
    database: Database, owner: User, conversation: Conversation
) -> None:
    token = new_token()
    with database.writing() as connection:
        made = _share(connection, conversation, owner, token=token, audience="team")
        conversations.mark(connection, owner.id, {conversation.id}, "trashed", NOW)

        assert shares.open_with(connection, token, now=NOW) is None
        assert shares.still_open(connection, [made.id], [made.audience], now=NOW) == set()
        assert shares.with_team(connection, "eve", now=NOW, limit=9) == []

        conversations.mark(connection, owner.id, {conversation.id}, "trashed", None)
        assert shares.open_with(connection, token, now=NOW) == made


@pytest.mark.parametrize("audience", ["team", "public"])
def test_a_share_opens_nothing_while_its_author_is_disabled(
    database: Database, owner: User, conversation: Conversation, audience: Audience
) -> None:
    token = new_token()
    with database.writing() as connection:
        second = users.add(connection, "Second", "owner", now=NOW)
        made = _share(connection, conversation, owner, token=token, audience=audience)
        members.disable(connection, owner.id, now=NOW)

        assert shares.open_with(connection, token, now=NOW) is None
        assert shares.still_open(connection, [made.id], [audience], now=NOW) == set()
        assert shares.with_team(connection, second.id, now=NOW, limit=9) == []

        members.enable(connection, owner.id)
        assert shares.open_with(connection, token, now=NOW) == made


def test_shares_go_with_their_conversation(
    database: Database, owner: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        _share(connection, conversation, owner)
        conversations.mark(connection, owner.id, {conversation.id}, "trashed", NOW)

        conversations.doom(connection, owner.id, {conversation.id})
        conversations.empty_trash(connection, trashed_before=NOW, at_most=100)

        assert connection.execute(table.select()).all() == []


def test_only_its_owner_lists_and_revokes_a_share(
    database: Database, owner: User, other: User, conversation: Conversation
) -> None:
    token = new_token()
    with database.writing() as connection:
        made = _share(connection, conversation, owner, token=token)

        assert shares.of_conversation(connection, other.id, conversation.id, now=NOW) == []
        assert shares.remove(connection, other.id, made.id) is None
        assert shares.open_with(connection, token, now=NOW) == made

        assert shares.remove(connection, owner.id, made.id) == conversation.id
        assert shares.open_with(connection, token, now=NOW) is None
        assert shares.remove(connection, owner.id, made.id) is None


def test_the_team_finds_what_others_share_with_it_the_last_one_first(
    database: Database, owner: User, other: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        _share(connection, conversation, owner, audience="public")
        first = _share(connection, conversation, owner, audience="team")
        second = _share(connection, conversation, owner, audience="team", now=NOW + _DAY)

        found = shares.with_team(connection, other.id, now=NOW, limit=9)
        own = shares.with_team(connection, owner.id, now=NOW, limit=9)

    assert [(one.share.id, one.title) for one in found] == [
        (second.id, "A title"),
        (first.id, "A title"),
    ]
    assert own == []


def test_a_snapshot_whose_end_was_deleted_ends_before_it(
    database: Database, owner: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        root, leaf = _two_messages(connection, owner, conversation)
        cut = _share(connection, conversation, owner, head_id=leaf)
        live = _share(connection, conversation, owner)
        messages.remove(connection, owner.id, leaf)

        shares.retreat(connection, owner.id, conversation.id, root)
        heads = _heads(connection)

    assert heads == {cut.id: root, live.id: None}


def test_a_snapshot_of_which_nothing_is_left_goes_and_does_not_become_live(
    database: Database, owner: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        root, leaf = _two_messages(connection, owner, conversation)
        _share(connection, conversation, owner, head_id=leaf)
        _share(connection, conversation, owner, head_id=root)
        live = _share(connection, conversation, owner)
        messages.remove(connection, owner.id, root)

        shares.retreat(connection, owner.id, conversation.id, None)
        heads = _heads(connection)

    assert heads == {live.id: None}


def test_a_snapshot_that_keeps_its_end_is_left_alone_by_a_deletion(
    database: Database, owner: User, conversation: Conversation
) -> None:
    with database.writing() as connection:
        root, leaf = _two_messages(connection, owner, conversation)
        kept = _share(connection, conversation, owner, head_id=root)
        messages.remove(connection, owner.id, leaf)

        shares.retreat(connection, owner.id, conversation.id, None)

        assert _heads(connection) == {kept.id: root}


def _two_messages(
    connection: Connection, owner: User, conversation: Conversation
) -> tuple[str, str]:
    parent_id = None
    ids = []
    for text in ("a question", "more"):
        parent_id = messages.add(
            connection,
            owner.id,
            conversation.id,
            parent_id=parent_id,
            role="user",
            state="complete",
            text=text,
            now=NOW,
        ).id
        ids.append(parent_id)
    return ids[0], ids[1]


def _heads(connection: Connection) -> dict[str, str | None]:
    return {row.id: row.head_id for row in connection.execute(table.select())}
