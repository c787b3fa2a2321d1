"""What an import is at, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.chat.importing.report import Report
from webapp.errors import Failure
from webapp.store.imports import Import
from webapp.web.i18n import gettext, ngettext, sentence
from webapp.web.services import Services

_FORMATS = {"liaochat": "Liaochat", "chatgpt": "ChatGPT", "chatbot-ui": "chatbot-ui"}


@dataclass(frozen=True, slots=True)
class ListView:
    """Titles, each with what is said of it, and how many more there are."""

    titles: Sequence[tuple[str, str]]
    more: int


@dataclass(frozen=True, slots=True)
class ImportView:
    """`state` as docs/design.md draws them; `live` while it changes by itself.

    `summary` says what comes, or came; empty where that is nothing.
    `changes` are sentences about what was left out of conversations, or mended.
    """

    id: str
    state: str
    live: bool
    name: str
    day: str
    product: str
    summary: str
    conversations: int
    titles: ListView
    here: int
    here_titles: ListView
    unreadable: int
    unreadable_titles: ListView
    changes: Sequence[str]
    failure: str
    done: int
    size: int

    @property
    def percent(self) -> int:
        return min(99, self.done * 100 // self.size) if self.size else 0

    @property
    def nothing_new(self) -> bool:
        return not self.summary


def import_view(own: Services, one: Import) -> ImportView:
    report = Report.load(one.report)
    progress = own.importer.progress(one.id)
    failure = report.failure
    return ImportView(
        id=one.id,
        state=one.state,
        live=one.state in {"reading", "running"},
        name=report.name,
        day=f"{one.created_at.astimezone():%Y-%m-%d}",
        product=_FORMATS.get(report.format or "", ""),
        summary=_summary(report),
        conversations=report.conversations,
        titles=_list([(title, "") for title in report.titles], report.conversations),
        here=report.here,
        here_titles=_list([(title, "") for title in report.here_titles], report.here),
        unreadable=sum(report.unreadable.values()),
        unreadable_titles=_list(
            [(title, _why(reason)) for title, reason in report.unreadable_titles],
            sum(report.unreadable.values()),
        ),
        changes=[_change(reason, count) for reason, count in sorted(report.changes.items())],
        failure="" if failure is None else sentence(Failure(failure["code"], failure["values"])),
        done=progress.done,
        size=progress.size,
    )


def _summary(report: Report) -> str:
    said = []
    if count := report.conversations:
        said.append(ngettext("%(n)s conversation", "%(n)s conversations", count) % {"n": count})
        count = report.messages
        said.append(ngettext("%(n)s message", "%(n)s messages", count) % {"n": count})
    if count := report.prompts:
        templates = ngettext("%(n)s prompt template", "%(n)s prompt templates", count)
        said.append(templates % {"n": count})
    if count := report.presets:
        said.append(ngettext("%(n)s preset", "%(n)s presets", count) % {"n": count})
    if count := report.folders:
        said.append(ngettext("%(n)s folder", "%(n)s folders", count) % {"n": count})
    return ", ".join(said)


def _list(titles: Sequence[tuple[str, str]], count: int) -> ListView:
    named = [(title or gettext("Without a title"), why) for title, why in titles]
    return ListView(named, count - len(named))


def _why(reason: str) -> str:  # noqa: C901, PLR0911 - a list of phrases
    """Why something cannot be taken in."""
    match reason:
        case "not_conversation":
            return gettext("is not a conversation")
        case "no_messages":
            return gettext("holds no text")
        case "too_deep":
            return gettext("is nested too deeply")
        case "too_large":
            return gettext("is too large")
        case "not_image":
            return gettext("is not an image")
        case "not_prompt":
            return gettext("is not a template")
        case "prompt_too_long":
            return gettext("is too long for a template")
        case "prompt_limit":
            return gettext("is one template more than there may be")
        case "not_preset":
            return gettext("is not a preset")
        case "preset_too_long":
            return gettext("is too long for a preset")
        case "preset_limit":
            return gettext("is one preset more than there may be")
        case _:
            return gettext("cannot be read")


def _change(reason: str, count: int) -> str:  # noqa: C901, PLR0911, PLR0912 - a list of sentences
    """What was left out of conversations, or mended in them."""
    match reason:
        case "tool":
            return ngettext(
                "%(n)s call of a tool, or what it said, is left out.",
                "%(n)s calls of tools, and what they said, are left out.",
                count,
            ) % {"n": count}
        case "hidden":
            return ngettext(
                "%(n)s hidden message, which no page showed, is left out.",
                "%(n)s hidden messages, which no page showed, are left out.",
                count,
            ) % {"n": count}
        case "thoughts":
            return ngettext(
                "%(n)s record of a model’s thinking is left out.",
                "%(n)s records of models’ thinking are left out.",
                count,
            ) % {"n": count}
        case "not_text":
            return ngettext(
                "%(n)s picture or other thing that is not text is left out.",
                "%(n)s pictures and other things that are not text are left out.",
                count,
            ) % {"n": count}
        case "references":
            return ngettext(
                "%(n)s mark of a reference is left out.",
                "%(n)s marks of references are left out.",
                count,
            ) % {"n": count}
        case "not_message":
            return ngettext(
                "%(n)s entry that is no message is left out.",
                "%(n)s entries that are no messages are left out.",
                count,
            ) % {"n": count}
        case "same_key":
            return ngettext(
                "%(n)s message with the id of another one is left out.",
                "%(n)s messages with the ids of others are left out.",
                count,
            ) % {"n": count}
        case "no_parent":
            return ngettext(
                "%(n)s message follows one that is not there; it becomes a beginning.",
                "%(n)s messages follow ones that are not there; they become beginnings.",
                count,
            ) % {"n": count}
        case "circle":
            return ngettext(
                "%(n)s message follows itself in a circle, which is cut open.",
                "%(n)s messages follow themselves in circles, which are cut open.",
                count,
            ) % {"n": count}
        case "joined":
            return ngettext(
                "%(n)s later part of an answer is put where the answer is.",
                "%(n)s later parts of answers are put where the answers are.",
                count,
            ) % {"n": count}
        case "time":
            return ngettext(
                "%(n)s time cannot be right, and is replaced.",
                "%(n)s times cannot be right, and are replaced.",
                count,
            ) % {"n": count}
        case "cut":
            return ngettext(
                "%(n)s message is longer than an answer may be on this server, and is cut.",
                "%(n)s messages are longer than an answer may be on this server, and are cut.",
                count,
            ) % {"n": count}
        case "file":
            return ngettext(
                "%(n)s file is more than may be attached to a message, and is left out.",
                "%(n)s files are more than may be attached to a message, and are left out.",
                count,
            ) % {"n": count}
        case "image":
            return ngettext(
                "%(n)s image is not in the file, cannot be read, or is one too many, "
                "and is left out.",
                "%(n)s images are not in the file, cannot be read, or are too many, "
                "and are left out.",
                count,
            ) % {"n": count}
        case "folder_limit":
            return ngettext(
                "%(n)s conversation comes without its folder: there are too many folders.",
                "%(n)s conversations come without their folders: there are too many folders.",
                count,
            ) % {"n": count}
        case "folder":
            return ngettext(
                "%(n)s folder is more than there may be, and is left out.",
                "%(n)s folders are more than there may be, and are left out.",
                count,
            ) % {"n": count}
        case _:
            return gettext("Something was left out.")
