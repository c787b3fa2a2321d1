"""Sharing: links by which others read a conversation, and what each link opens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from webapp.chat.finding import find_conversation
from webapp.chat.images import Images, Shown
from webapp.chat.window import Window, read_around, read_before, read_behind, read_end
from webapp.clock import Clock
from webapp.errors import (
    AlreadyAnswering,
    NotFound,
    NothingToShare,
    PublicSharingOff,
    TooManyLinks,
)
from webapp.images.folder import Form
from webapp.store import branches, shares
from webapp.store.conversations import Conversation
from webapp.store.database import Database
from webapp.store.ids import new_token
from webapp.store.shares import Audience, Share
from webapp.store.vault import Vault
from webapp.team.audit import Record, unrecorded

LINK_LIMIT = 20
"""Links that one conversation may have at once."""

_TEAM_LIST = 200
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Link:
    """A share as its author sees it. Without the key that sealed it the token is None."""

    share: Share
    token: str | None


@dataclass(frozen=True, slots=True)
class SharedTitle:
    """A share as the team finds it."""

    share: Share
    token: str
    title: str


class Shares:
    """Makes, lists and revokes links, and opens them for readers."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        public_allowed: Callable[[], bool],
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self.public_allowed = public_allowed

    def make(
        self,
        user_id: str,
        conversation_id: str,
        *,
        audience: Audience,
        snapshot: bool,
        lifetime: timedelta | None,
        record: Record = unrecorded,
    ) -> Link:
        """Make a link. Raises a `Refused` where there is nothing that it could show.

        A snapshot is not made of an answer under way: it would not be what one saw.
        """
        if audience == "public" and not self.public_allowed():
            raise PublicSharingOff
        now, token = self._clock.now(), new_token()
        sealed = self._vault.seal(token)
        with self._database.writing() as connection:
            conversation = find_conversation(connection, user_id, conversation_id)
            if conversation.trashed:
                raise NotFound
            if snapshot and conversation.head_id is None:
                raise NothingToShare
            if snapshot and conversation.live:
                raise AlreadyAnswering
            shares.sweep(connection, now=now)
            if shares.count(connection, user_id, conversation_id) >= LINK_LIMIT:
                raise TooManyLinks(limit=LINK_LIMIT)
            share = shares.add(
                connection,
                user_id,
                conversation_id,
                audience=audience,
                token=token,
                sealed_token=sealed,
                head_id=conversation.head_id if snapshot else None,
                title=conversation.title if snapshot else None,
                now=now,
                expires_at=None if lifetime is None else now + lifetime,
            )
            record(connection, "share.made", f"{share.id}: {audience}")
        return Link(share, token)

    def links(self, user_id: str, conversation_id: str) -> Sequence[Link]:
        """List the links of a conversation, the last one first. Or `NotFound`."""
        with self._database.reading() as connection:
            find_conversation(connection, user_id, conversation_id)
            found = shares.of_conversation(
                connection, user_id, conversation_id, now=self._clock.now()
            )
        return [Link(share, self._vault.unseal(share.sealed_token)) for share in found]

    def revoke(self, user_id: str, share_id: str, *, record: Record = unrecorded) -> str:
        """Take a link back for good and return its conversation's id. Or `NotFound`."""
        with self._database.writing() as connection:
            conversation_id = shares.remove(connection, user_id, share_id)
            if conversation_id is None:
                raise NotFound
            record(connection, "share.revoked", share_id)
        return conversation_id

    def with_team(self, user_id: str) -> Sequence[SharedTitle]:
        """List what others share with the team, the last one first."""
        with self._database.reading() as connection:
            found = shares.with_team(connection, user_id, now=self._clock.now(), limit=_TEAM_LIST)
        unsealed = [(one, self._vault.unseal(one.share.sealed_token)) for one in found]
        return [SharedTitle(one.share, token, one.title) for one, token in unsealed if token]

    def open(self, token: str) -> Share:
        """Find what a link opens now. What was never, or not any more, is `NotFound` alike."""
        if not _TOKEN.fullmatch(token):
            raise NotFound
        with self._database.reading() as connection:
            share = shares.open_with(connection, token, now=self._clock.now())
        if share is None or not self._allowed(share):
            raise NotFound
        return share

    def window(self, share: Share, *, at: str | None = None) -> Window:
        """Read what a share shows: a live one's end, a snapshot from its beginning.

        With `at` it is what stands round that message, where there is such a one.
        """
        with self._database.reading() as connection:
            shown = _shown(connection, share)
            window = at and read_around(connection, share.owner_id, shown, at)
            if not window and share.head_id is not None:
                window = read_behind(connection, share.owner_id, shown, None)
            return window or read_end(connection, share.owner_id, shown)

    def window_before(self, share: Share, message_id: str) -> Window:
        """Read what a share shows before a message. Or `NotFound`."""
        with self._database.reading() as connection:
            shown = _shown(connection, share)
            window = read_before(connection, share.owner_id, shown, message_id)
        if window is None:
            raise NotFound
        return window

    def image(
        self, share: Share, message_id: str, position: int, form: Form, images: Images
    ) -> Shown:
        """Give an image of a message that a share shows. Or `NotFound`."""
        with self._database.reading() as connection:
            shown = _shown(connection, share)
            branch = branches.places(connection, share.owner_id, shown.head_id)
        if message_id not in {place.id for place in branch}:
            raise NotFound
        return images.sent(share.owner_id, message_id, position, form)

    def still_open(self, ids: Iterable[str]) -> set[str]:
        """Tell which of these shares `open` would find."""
        audiences = ("team", "public") if self.public_allowed() else ("team",)
        with self._database.reading() as connection:
            return shares.still_open(connection, ids, audiences, now=self._clock.now())

    def _allowed(self, share: Share) -> bool:
        return share.audience == "team" or self.public_allowed()


def _shown(connection: Connection, share: Share) -> Conversation:
    """Find a conversation as a share shows it: a snapshot has the title and the end of then."""
    conversation = find_conversation(connection, share.owner_id, share.conversation_id)
    if conversation.trashed:
        raise NotFound
    if share.head_id is None:
        return conversation
    title = conversation.title if share.title is None else share.title
    return replace(conversation, head_id=share.head_id, title=title)
