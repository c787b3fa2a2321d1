"""The groups of the list: the pinned, the last days, this week, and the months before."""

from __future__ import annotations

from datetime import datetime, timedelta

from webapp.store.conversations import Conversation
from webapp.web.i18n import gettext


def group_of(one: Conversation, now: datetime) -> str:
    """Say where it stands: pinned, in its folder, or by this machine's calendar."""
    if one.pinned:
        return "pinned"
    if one.folder_id is not None:
        return f"folder-{one.folder_id}"
    day, today = one.updated_at.astimezone().date(), now.astimezone().date()
    if day >= today:
        return "today"
    if day == today - timedelta(days=1):
        return "yesterday"
    if day > today - timedelta(days=7):
        return "week"
    return f"{day:%Y-%m}"


def label_of(key: str) -> str:
    match key:
        case "pinned":
            return gettext("Pinned")
        case "today":
            return gettext("Today")
        case "yesterday":
            return gettext("Yesterday")
        case "week":
            return gettext("This week")
        case _ if key.startswith("folder-"):
            return ""  # it stands in its folder, under its name
        case _:
            year, month = key.split("-")
            return f"{month_name(int(month))} {year}"


def month_name(number: int) -> str:
    return (
        gettext("January"),
        gettext("February"),
        gettext("March"),
        gettext("April"),
        gettext("May"),
        gettext("June"),
        gettext("July"),
        gettext("August"),
        gettext("September"),
        gettext("October"),
        gettext("November"),
        gettext("December"),
    )[number - 1]
