"""Messages and what a model is given of them."""

from __future__ import annotations

from webapp.store.files import Attachment
from webapp.store.messages import Message


def _message(text: str, *attachments: Attachment) -> Message:
    return Message("id", "c", None, "user", "complete", text, None, None, None, (), attachments)


def test_a_message_without_files_is_its_text() -> None:
    assert _message("Hello\n").content == "Hello\n"


def test_files_follow_the_text_by_name_and_fenced() -> None:
    message = _message("Read these.", Attachment("a.py", "pass\n"), Attachment("b.txt", "b"))

    assert message.content == "Read these.\n\na.py\n```py\npass\n```\n\nb.txt\n```txt\nb\n```"


def test_files_alone_are_a_message() -> None:
    assert _message("", Attachment("a.txt", "a")).content == "a.txt\n```txt\na\n```"


def test_a_fence_is_longer_than_any_in_the_file() -> None:
    message = _message("", Attachment("a.md", "````\ncode\n````"))

    assert message.content == "a.md\n`````md\n````\ncode\n````\n`````"
