"""The audit log as the owner reads it: what is done is there, and nothing that anybody wrote."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import get_args

import pytest

from tests.support.server import Browser, Server
from webapp.team.audit import Action
from webapp.web.audit_page import SAID

_ROW = re.compile(r'<li class="team__member team__recorded">(.*?)</li>', re.DOTALL)


@pytest.fixture(scope="module")
def server(fresh_server: Server) -> Server:
    """A server of our own: its log holds what these tests did."""
    return fresh_server


@pytest.fixture
def owner(server: Server) -> Iterator[Browser]:
    with Browser(server) as signed_in:
        yield signed_in


def _rows(owner: Browser, path: str = "/team/audit") -> list[str]:
    return [
        " ".join(re.sub(r"<[^>]*>", "", row).split()) for row in _ROW.findall(owner.get(path).text)
    ]


def _table(owner: Browser) -> list[list[str]]:
    answer = owner.get("/team/audit/export.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return list(csv.reader(io.StringIO(answer.text, newline="")))


def test_what_people_do_is_in_the_log_and_what_they_write_is_not(
    server: Server, owner: Browser
) -> None:
    with Browser(server, link=server.fresh_link("Ann")) as ann:
        ann.use("liaobots/gpt-4", "test-secret-code")
        page = ann.open()
        page.send("#echo a private thought")
        page.wait("ended")
        made = ann.post(f"/c/{page.conversation}/share", audience="team", kind="live", days="7")
        share = re.search(r"/shares/(\w+)/revoke", made.text)
        token = re.search(r"/shared/([\w-]{43})", made.text)
        assert share
        assert token
        ann.post(f"/shares/{share[1]}/revoke")
        ann.get("/export.json")

    rows = _rows(owner)
    page_text, table = owner.get("/team/audit").text, str(_table(owner))

    assert [re.split(r" \d{4}-", row)[0] for row in rows[:4]] == [
        "Ann exported: all conversations: application/json",
        f"Ann revoked a link to a conversation: {share[1]}",
        f"Ann made a link to a conversation: {share[1]}: team",
        "Ann signed in: link",
    ]
    assert all(row.endswith("· 127.0.0.1") for row in rows[:4])
    for secret in ("private thought", "test-secret-code", token[1]):
        assert secret not in page_text + table


def test_names_that_begin_a_formula_are_kept_from_being_one(server: Server, owner: Browser) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)"]
    for name in names:
        Browser(server, link=server.fresh_link(name)).close()

    table = _table(owner)

    assert table[0] == ["time", "who", "action", "subject", "address"]
    assert {f"'{name}" for name in names} <= {row[1] for row in table}
    assert not [cell for row in table for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert table[1][1:4] == ["Owner", "export.made", "audit log"]


def test_each_action_is_said_in_words() -> None:
    assert set(SAID) == set(get_args(Action))


def test_the_log_has_pages(owner: Browser) -> None:
    for _ in range(55):
        owner.get("/team/audit/export.csv")

    newest = owner.get("/team/audit").text
    further = re.search(r'rel="next" href="([^"]*)"', newest)
    assert further
    older = owner.get(further[1]).text

    assert len(_ROW.findall(newest)) == 50
    assert _ROW.findall(older)
    assert "To the newest" in older


@pytest.mark.parametrize("after", ["x", "-1", "1" * 30, "1.5", "٣"])
def test_a_place_that_makes_no_sense_is_refused(owner: Browser, after: str) -> None:
    assert owner.get(f"/team/audit?after={after}").status_code == 400


def test_links_made_on_the_servers_machine_are_in_the_log(owner: Browser) -> None:
    assert "The server’s machine made a sign-in link: Owner" in str(
        _rows(owner, "/team/audit?after=2")
    )
