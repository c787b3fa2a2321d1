"""Asking: the ways to begin an answer, where each stands, and whether it can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from webapp.chat.context import DEFAULT_SYSTEM_TEXT, Request, compose
from webapp.chat.finding import find_conversation
from webapp.chat.parameters import load, parse, taken
from webapp.chat.seeing import Read
from webapp.errors import (
    AlreadyAnswering,
    AuthCodeMissing,
    BadCommand,
    BranchMoved,
    EmptyMessage,
    FilesGone,
    ImagesNotSeen,
    InstructionsTooLong,
    MessageTooLong,
    NotFound,
    UnknownModel,
)
from webapp.providers.base import AuthCode, Model, Parameters, Payer
from webapp.store import draft_images, files, images, instructions, messages, parameters
from webapp.store.conversations import Conversation
from webapp.store.files import Attachment
from webapp.store.images import NamedImage
from webapp.store.messages import Message, content_of

INSTRUCTIONS_LIMIT = 20_000
"""Characters of what a model is told first."""

_UNFINISHED = {"stopped", "interrupted"}


@dataclass(frozen=True, slots=True)
class Payment:
    """An auth code or a key for one provider, where there is one, and whose it is."""

    code: AuthCode | None = None
    payer: Payer = "none"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, with what their browser session says at this moment.

    `auth_code` is the one for the model's provider, and `payer` says whose it is: their own,
    or the team's. Where it is needed and not there, `missing` is what they are told. The model
    that gives titles may be another provider's, and is paid `for_title`.
    """

    user_id: str
    model: Model | None
    auth_code: AuthCode | None
    session_hash: str = ""
    payer: Payer = "own"
    missing: AuthCodeMissing | None = None
    for_title: Payment = field(default_factory=Payment)


@dataclass(frozen=True, slots=True)
class Send:
    """A message to be sent. `client_id` is the page's own id for it, a UUID.

    `conversation_id` None begins a conversation, in which the model is first told
    `system_text` (None: the default) and asked for these `parameters`, as they were written;
    `parent_id` is the last message that the page showed. `files` are the ids of those that
    wait beside the draft, to go with it.
    """

    client_id: str
    conversation_id: str | None
    parent_id: str | None
    text: str
    files: tuple[str, ...] = ()
    system_text: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Regenerate:
    """Answer a question once more; `message_id` is the question or one of its answers.

    `model_key` names another model than the session's.
    """

    client_id: str
    message_id: str
    model_key: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Ask something else in the place of a question."""

    client_id: str
    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with an answer that was stopped or broke off: a new one that begins with its text."""

    client_id: str
    message_id: str


Ask = Send | Regenerate | Edit | Continue


@dataclass(frozen=True, slots=True)
class Brought:
    """What a question brings along: text files, and images."""

    attachments: Sequence[Attachment] = ()
    images: Sequence[NamedImage] = ()

    @property
    def names(self) -> Sequence[str]:
        return [*(one.name for one in self.images), *(one.name for one in self.attachments)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a conversation something is asked: behind its message `parent_id`.

    A new conversation is None. What is asked `brings` files, or goes on with an answer that
    `begins_with` something.
    """

    conversation: Conversation | None
    parent_id: str | None
    brings: Brought = Brought()
    begins_with: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The new messages of a conversation, an answer last; before it the question, if new.

    `again` says that all this had been stored before.
    """

    conversation: Conversation
    new: Sequence[Message]
    again: bool

    @property
    def question(self) -> Message:
        return self.new[0]

    @property
    def answer(self) -> Message:
        return self.new[-1]


def find_place(connection: Connection, user_id: str, ask: Ask) -> Place:
    """Find where it is asked. Raises a `Refused` where nothing can be asked now."""
    match ask:
        case Send():
            return _place_of_message(connection, user_id, ask)
        case Edit():
            old, conversation = find_idle(connection, user_id, ask.message_id)
            if old.role != "user":
                raise BadCommand
            return Place(conversation, old.parent_id, _brought_by(connection, user_id, old.id))
        case Regenerate() | Continue():
            old, conversation = find_idle(connection, user_id, ask.message_id)
            question_id = old.id if old.role == "user" else old.parent_id
            if question_id is None:
                raise BadCommand  # taken in from elsewhere: an answer to nothing
            if isinstance(ask, Regenerate):
                return Place(conversation, question_id)
            if old.role == "user" or old.state not in _UNFINISHED:
                raise BadCommand
            return Place(conversation, question_id, begins_with=old.text)


def check(asker: Asker, ask: Ask, place: Place) -> Model:
    """Find out whether this can be asked at all; the model that will be."""
    model = asker.model
    text = content_of(ask.text, place.brings.attachments) if isinstance(ask, Send | Edit) else None
    if text is not None and not text.strip() and not place.brings.images:
        raise EmptyMessage
    if model is None:
        raise UnknownModel
    # Of what was asked before, the model is told that there were images.
    if isinstance(ask, Send) and place.brings.images and not model.sees:
        raise ImagesNotSeen(model=model.name)
    if text is not None and model.max_length and len(text) > model.max_length:
        raise MessageTooLong(length=len(text), model=model.name, limit=model.max_length)
    if isinstance(ask, Send) and len(ask.system_text or "") > INSTRUCTIONS_LIMIT:
        raise InstructionsTooLong(limit=INSTRUCTIONS_LIMIT)
    if isinstance(ask, Send):
        parse(ask.parameters)  # raises where it cannot be asked for
    if model.needs_auth_code and asker.auth_code is None:
        raise asker.missing or AuthCodeMissing(model=model.name)
    return model


def compose_for(
    connection: Connection, user_id: str, model: Model, ask: Ask, place: Place, *, read: Read
) -> Request:
    """Put together what the model is asked. Raises `RequestTooLong`."""
    brings = place.brings
    if place.conversation is not None:
        system = instructions.find(connection, user_id, place.conversation.id)
    else:
        system = ask.system_text if isinstance(ask, Send) else None
    return compose(
        connection,
        user_id,
        model,
        system=system or DEFAULT_SYSTEM_TEXT,
        head_id=place.parent_id,
        read=read,
        question=content_of(ask.text, brings.attachments) if isinstance(ask, Send | Edit) else "",
        pictures=brings.images,
        going_on_from=place.begins_with,
    )


def parameters_for(
    connection: Connection, user_id: str, model: Model, ask: Ask, place: Place
) -> Parameters:
    """Find what is asked of the model beside the question, as far as it takes that."""
    if place.conversation is not None:
        kept = parameters.find(connection, user_id, place.conversation.id)
        return taken(load(kept), model)
    return taken(parse(ask.parameters if isinstance(ask, Send) else {}), model)


def find_idle(
    connection: Connection, user_id: str, message_id: str
) -> tuple[Message, Conversation]:
    """Find a message of a conversation in which nothing is being answered, and that."""
    message = messages.find(connection, user_id, message_id)
    if message is None:
        raise NotFound
    conversation = find_conversation(connection, user_id, message.conversation_id)
    if conversation.live:
        raise AlreadyAnswering
    return message, conversation


def _place_of_message(connection: Connection, user_id: str, send: Send) -> Place:
    sent = brought(connection, user_id, send)
    if send.conversation_id is None:
        if send.parent_id is not None:
            raise BadCommand
        return Place(None, None, sent)
    found = find_conversation(connection, user_id, send.conversation_id)
    if found.live:
        raise AlreadyAnswering
    if send.parent_id != found.head_id:
        raise BranchMoved
    return Place(found, send.parent_id, sent)


def brought(connection: Connection, user_id: str, send: Send) -> Brought:
    """Find the files that wait beside the draft, in the order in which they are named."""
    texts = files.drafted(connection, user_id, send.files)
    seen = draft_images.drafted(connection, user_id, send.files)
    if not texts.keys() | seen.keys() >= set(send.files):
        raise FilesGone
    ids = dict.fromkeys(send.files)
    return Brought(
        [texts[one] for one in ids if one in texts], [seen[one] for one in ids if one in seen]
    )


def _brought_by(connection: Connection, user_id: str, message_id: str) -> Brought:
    return Brought(
        files.of_messages(connection, user_id, [message_id]).get(message_id, ()),
        images.of_messages(connection, user_id, [message_id]).get(message_id, ()),
    )
