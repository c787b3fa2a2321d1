"""The pages of usage: a table, a chart and a file, for the owner; one's own for a member."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.server import Browser, Server
from webapp.store import usage, users
from webapp.store.database import Database
from webapp.store.usage import Account, Amount, day_of

_NOW = datetime.now(UTC)
_FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.fixture(scope="module")
def server(fresh_server: Server) -> Server:
    """A server on which some was used: this month, last month, and long ago."""
    fresh_server.fresh_link("Ann")
    fresh_server.fresh_link(_FORMULA)
    database, today = Database(fresh_server.data_dir / "liaochat.db"), day_of(_NOW)
    last_month = day_of(_NOW.replace(day=1) - timedelta(days=1))
    with database.writing() as connection:
        ann, eve = (users.find_by_name(connection, one) for one in ("Ann", _FORMULA))
        assert ann is not None
        assert eve is not None
        for account, amount in (
            (Account(ann.id, today, "liaobots/gpt-4", "team"), Amount(3, 1234, 50, 300, 12)),
            (Account(ann.id, today, "liaobots/gpt-4", "own"), Amount(1, 77, 7, 20, 2)),
            (Account(eve.id, today, "liaobots/gpt-3.5-turbo", "team"), Amount(5, 5, 5, 5, 5)),
            (Account("0" * 28 + "gone", today, "old/model", "none"), Amount(2, 2, 2, 2, 2)),
            (Account(ann.id, last_month, "liaobots/gpt-4", "team"), Amount(40, 4, 4, 4, 4)),
            (Account(ann.id, today - 800, "liaobots/gpt-4", "team"), Amount(999)),
        ):
            usage.add(connection, account, amount)
    database.close()
    return fresh_server


@pytest.fixture
def owner(server: Server) -> Iterator[Browser]:
    with Browser(server) as signed_in:
        yield signed_in


@pytest.fixture
def ann(server: Server) -> Iterator[Browser]:
    with Browser(server, link=server.fresh_link("Ann")) as signed_in:
        yield signed_in


def _rows(page: str) -> list[list[str]]:
    """The cells of all rows, without their markup."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in rows
    ]


def test_the_owner_sees_who_used_which_model_at_whose_expense(owner: Browser) -> None:
    rows = _rows(owner.get("/team/usage").text)

    assert ["Ann", "GPT-4", "the team’s code", "3", "1,234", "50", "300", "12"] in rows
    assert ["Ann", "GPT-4", "own code", "1", "77", "7", "20", "2"] in rows
    assert ["Former member gone", "model", "free", "2", "2", "2", "2", "2"] in rows
    assert ["GPT-4", "the team’s code", "3", "1,234", "50", "300", "12"] in rows
    assert ["All", "11", "1,318", "64", "327", "21"] in rows


def test_months_can_be_looked_at_one_by_one_and_together(owner: Browser) -> None:
    last = f"{_NOW.replace(day=1) - timedelta(days=1):%Y-%m}"

    one = _rows(owner.get(f"/team/usage?month={last}").text)
    together = _rows(owner.get("/team/usage?month=all").text)

    assert ["All", "40", "4", "4", "4", "4"] in one
    assert ["All", "51", "1,322", "68", "331", "25"] in together
    assert owner.get("/team/usage?month=1999-01").status_code == 404
    assert owner.get("/team/usage?month=%00").status_code == 404


def test_the_chart_is_a_picture_with_words_and_without_styles(owner: Browser) -> None:
    page = owner.get("/team/usage").text

    chart = page.partition('<svg class="sums__chart"')[2].partition("</svg>")[0]
    bars = re.findall(r'<rect class="sums__bar"[^>]* height="(\d+)"><title>([^<]*)</title>', chart)
    drawn = [text for height, text in bars if height != "0"]
    assert 'role="img"' in chart
    assert "11. Most: " in chart
    assert len(bars) in {28, 29, 30, 31}
    assert len(drawn) == 1
    assert drawn[0].endswith(": 11 messages")
    assert " style=" not in page


def test_the_file_holds_what_the_table_does_and_no_formula(owner: Browser) -> None:
    response = owner.get("/team/usage.csv")

    lines = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=liaochat-usage")
    assert sum(int(one["messages"]) for one in lines) == 11
    assert {one["payer"] for one in lines} == {"own", "team", "none"}
    assert {one["day"] for one in lines} == {_NOW.date().isoformat()}
    assert f"'{_FORMULA}" in {one["member"] for one in lines}
    assert not any(cell.startswith(("=", "+", "-", "@")) for one in lines for cell in one.values())


def test_a_member_sees_their_own_alone(ann: Browser) -> None:
    page = ann.get("/usage").text

    rows = _rows(page)
    assert ["GPT-4", "the team’s code", "3", "1,234", "50", "300", "12"] in rows
    assert ["All", "4", "1,311", "57", "320", "14"] in rows
    assert "evil.example" not in page
    assert "Former member" not in page
    assert [ann.get(f"/team/usage{end}").status_code for end in ("", ".csv")] == [404, 404]


def test_who_used_nothing_is_told_so(server: Server) -> None:
    with Browser(server, link=server.link_of_a_newcomer()) as newcomer:
        assert "Nothing was used in this time." in newcomer.get("/usage").text


def test_what_was_just_asked_is_counted(server: Server) -> None:
    with Browser(server, link=server.link_of_a_newcomer()) as newcomer:
        newcomer.use("liaobots/gpt-4", "test-1234567890")
        page = newcomer.open()
        page.send("#echo once")
        page.wait_answered()

        rows = _rows(newcomer.get("/usage").text)

    assert rows[1][:3] == ["GPT-4", "own code", "1"]
