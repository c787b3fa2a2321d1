"""A member, their browser session, and one of everything that one can own: rows of the store."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, insert

from webapp.clock import SystemClock
from webapp.store import (
    conversations,
    draft_images,
    files,
    folders,
    generations,
    images,
    imports,
    messages,
    sessions,
    shares,
    users,
)
from webapp.store.database import Database
from webapp.store.files import Attachment
from webapp.store.ids import new_id, new_token, token_hash
from webapp.store.images import Image, NamedImage
from webapp.store.presets import PRESETS
from webapp.store.prompts import PROMPTS
from webapp.store.tables import drafts, invitations
from webapp.store.users import User
from webapp.store.vault import Vault

MODEL = "liaobots/gpt-4"


@dataclass
class Person:
    user: User
    cookie: str
    session_hash: str
    ids: dict[str, str] = field(default_factory=dict)
    """What they own, by kind."""


def add_person(database: Database, vault: Vault, name: str, word: str, role: str) -> Person:
    """Add somebody who owns one of everything, with the `word` in all of it."""
    now = SystemClock().now()
    with database.writing() as connection:
        user = users.add(connection, name, role, now=now)
        cookie = sessions.sign_in(connection, user, previous=None, now=now)
        person = Person(user, cookie, token_hash(cookie))
        sessions.choose_model(connection, person.session_hash, MODEL)
        sealed = vault.seal(f"test-code-of-{word}")
        sessions.keep_auth_code(connection, person.session_hash, sealed)
        person.ids |= {"session": person.session_hash[:32], "member": user.id}
        image = Image(new_id(), "image/png", 60, 40, len(word))
        images.keep(connection, [image], now=now)
        person.ids |= _conversation(connection, user.id, word, image, now)
        person.ids |= _beside(connection, person, word, image, now)
        person.ids |= _kept(connection, user.id, word, now)
    return person


def _conversation(
    connection: Connection, user_id: str, word: str, image: Image, now: datetime
) -> dict[str, str]:
    held = conversations.create(connection, user_id, title=f"{word} title", now=now)
    client_id = str(uuid.uuid4())
    add = partial(messages.add, connection, user_id, held.id, now=now)
    asked = add(
        parent_id=None, role="user", state="complete", text=f"{word} asks", client_id=client_id
    ).id
    files.attach(connection, asked, [Attachment(f"{word}.txt", f"{word} attached")])
    broken, answer = (
        add(parent_id=asked, role="assistant", state=state, text=f"{word} {state}", model=MODEL).id
        for state in ("interrupted", "complete")
    )
    for one in (broken, answer):  # what was asked of a model can be asked to stop
        run = generations.begin(connection, held.id, one, server_id="another", now=now)
        generations.end(connection, run)
    # Not that answers have images; but this one is what all tests know by its id.
    images.attach(connection, answer, [NamedImage(f"{word}.png", image)])
    share = shares.add(
        connection,
        user_id,
        held.id,
        audience="public",
        token=new_token(),
        sealed_token="",
        head_id=None,
        title=None,
        now=now,
        expires_at=None,
    )
    return {
        "conversation": held.id,
        "question": asked,
        "broken": broken,
        "message": answer,
        "client": client_id,
        "share": share.id,
    }


def _beside(
    connection: Connection, person: Person, word: str, image: Image, now: datetime
) -> dict[str, str]:
    """What waits in the browser session: a draft, a file and an image."""
    held = person.ids["conversation"]
    connection.execute(
        insert(drafts).values(
            session_hash=person.session_hash,
            conversation=held,
            text=f"{word} draft",
            updated_at=now,
        )
    )
    waits = [Attachment(f"{word} waits.txt", f"{word} waits")]
    (file_id,) = files.add(connection, person.session_hash, held, waits, now=now)
    seen = [NamedImage(f"{word} waits.png", image)]
    draft_images.add(connection, person.session_hash, held, seen, now=now)
    return {"file": file_id, "image": image.id}


def _kept(connection: Connection, user_id: str, word: str, now: datetime) -> dict[str, str]:
    named = {"name": f"{word} kept", "shared": False}
    import_id, invitation_id = new_id(), new_id()
    imports.begin(connection, user_id, import_id, {"name": f"{word}.json"}, now=now)
    imports.change(connection, user_id, import_id, "ready", {"name": f"{word}.json"})
    connection.execute(
        insert(invitations).values(
            id=invitation_id,
            token_hash=token_hash(new_token()),
            role="member",
            inviter_id=user_id,
            created_at=now,
            expires_at=now,
        )
    )
    return {
        "folder": folders.create(connection, user_id, f"{word} folder", now=now).id,
        "prompt": PROMPTS.add(connection, user_id, {**named, "text": word}, now=now),
        "preset": PRESETS.add(
            connection, user_id, {**named, "model": MODEL, "system_text": word}, now=now
        ),
        "import": import_id,
        "invitation": invitation_id,
    }
