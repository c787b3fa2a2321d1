"""Quotas as the owner sets them and as members meet them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.links import name_of_a_newcomer
from tests.support.server import Browser, Server, new_client_id
from tests.upstream import Upstream, upstream
from webapp.store import users
from webapp.store.database import Database

MODEL = "liaobots/gpt-4"


@pytest.fixture(scope="module")
def counted() -> Iterator[Upstream]:
    """A Liaobots whose calls are counted."""
    with upstream(pace=0.002) as running:
        yield running


@pytest.fixture(scope="module")
def team(
    tmp_path_factory: pytest.TempPathFactory, counted: Upstream
) -> Iterator[tuple[Server, Browser]]:
    settings = {"liaobots_url": counted.url, "max_sockets_per_user": "100"}
    with (
        Server(tmp_path_factory.mktemp("quotas"), settings) as server,
        Browser(server) as owner,
    ):
        owner.post("/team/quotas/code", auth_code="test-team-1234")
        yield server, owner


class _Member(Browser):
    def __init__(self, server: Server) -> None:
        self.name = name_of_a_newcomer()
        super().__init__(server, link=server.fresh_link(self.name))
        self.use(MODEL)
        database = Database(server.data_dir / "liaochat.db")
        with database.reading() as connection:
            user = users.find_by_name(connection, self.name)
        database.close()
        assert user is not None
        self.id = user.id


@pytest.fixture
def member(team: tuple[Server, Browser]) -> Iterator[_Member]:
    with _Member(team[0]) as signed_in:
        yield signed_in


def test_of_fifty_questions_at_once_a_quota_of_ten_lets_ten_through(
    team: tuple[Server, Browser], member: _Member, counted: Upstream
) -> None:
    _, owner = team
    owner.post(f"/team/quotas/{member.id}", messages_a_day="10")
    texts = [f"#echo {member.name} {number}" for number in range(50)]

    def ask(text: str) -> int:
        fields = {"client_id": new_client_id(), "conversation": "", "text": text}
        return member.http.post(
            f"{member.server.url}/messages", data=fields, timeout=60, allow_redirects=False
        ).status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(ask, texts))

    pages = [member.open() for _ in range(2)]
    pages[0].send(f"#echo {member.name} one more")
    pages[0].wait("refused", code="messages_of_day_used")
    calls = [one for one in counted.received if member.name in one.last_message]
    assert sorted(statuses) == [303] * 10 + [429] * 40
    assert len(calls) == 10


def test_the_same_question_sent_at_once_in_every_way_takes_one_of_a_quota(
    team: tuple[Server, Browser], member: _Member, counted: Upstream
) -> None:
    _, owner = team
    owner.post(f"/team/quotas/{member.id}", messages_a_day="1")
    text = f"#echo {member.name}"
    fields = {"client_id": new_client_id(), "conversation": "", "text": text}

    with ThreadPoolExecutor(8) as pool:
        ways = [pool.submit(member.post, "/messages", **fields) for _ in range(8)]

    assert {way.result().status_code for way in ways} == {200}
    assert [one.last_message for one in counted.received].count(text) == 1


def test_a_refused_question_stays_in_the_box_and_says_when_it_is_free(
    team: tuple[Server, Browser], member: _Member
) -> None:
    _, owner = team
    owner.post(f"/team/quotas/{member.id}", messages_a_day="0")

    response = member.post(
        "/messages", client_id=new_client_id(), conversation="", text="Kept for tomorrow"
    )

    assert response.status_code == 429
    assert "messages for today are used. The next day begins at 00:00 UTC, in" in response.text
    assert ">Kept for tomorrow</textarea>" in response.text


def test_what_is_left_is_shown_and_said_at_the_box_when_it_is_scarce(
    team: tuple[Server, Browser], member: _Member
) -> None:
    _, owner = team
    owner.post(f"/team/quotas/{member.id}", messages_a_day="5", characters_a_month="1000000")
    page = member.open()
    for _ in range(4):
        page.send("#echo again")
        page.wait_answered()

    page.put(type="draft", conversation=page.conversation, text="One more", keep=False)
    gauge = page.wait("gauge")

    assert "1 of 5 messages left today" in member.get("/").text
    assert "of 1,000,000 characters left this month" in member.get("/").text
    assert gauge["size"] == "1 of 5 messages left today"


def test_a_code_of_ones_own_has_no_quota(team: tuple[Server, Browser], member: _Member) -> None:
    _, owner = team
    owner.post(f"/team/quotas/{member.id}", messages_a_day="0")
    member.use(MODEL, "test-of-ones-own-2")
    page = member.open()

    page.send("#echo paid by oneself")

    assert page.wait_answered().state == "complete"
    assert "left today" not in member.get("/").text


def test_what_was_never_paid_is_given_back(team: tuple[Server, Browser], member: _Member) -> None:
    _, owner = team
    owner.post(f"/team/quotas/{member.id}", messages_a_day="1")
    page = member.open()
    page.send("#no-credit")
    page.wait_answered()

    page.send("#echo once more")

    assert page.wait_answered().state == "complete"


def test_the_owner_sees_what_is_set_and_what_holds_where_nothing_is(
    team: tuple[Server, Browser], member: _Member
) -> None:
    _, owner = team
    owner.post("/team/quotas", characters_a_day="7654321")
    owner.post(f"/team/quotas/{member.id}", messages_a_day="42", messages_a_month="-1")

    page = owner.get("/team/quotas").text

    row = page.partition(member.name)[2].partition("</tr>")[0]
    owner.post("/team/quotas")
    assert 'value="42"' in row
    assert 'value="-1"' in row
    assert 'placeholder="7,654,321"' in row


@pytest.mark.parametrize("limit", ["ten", "-2", "1.5", "1" * 10, "٣"])
def test_what_is_no_limit_is_refused_and_nothing_changes(
    team: tuple[Server, Browser], member: _Member, limit: str
) -> None:
    _, owner = team

    response = owner.post(f"/team/quotas/{member.id}", messages_a_day="7", messages_a_month=limit)

    assert response.status_code == 422
    assert "Nothing was changed." in response.text
    assert 'value="7"' not in owner.get("/team/quotas").text.partition(member.name)[2]


def test_members_can_change_nothing(member: _Member) -> None:
    statuses = [
        member.post("/team/quotas", messages_a_day="9").status_code,
        member.post(f"/team/quotas/{member.id}", messages_a_day="9").status_code,
    ]

    assert statuses == [404, 404]


def test_of_nobody_nothing_is_set(team: tuple[Server, Browser]) -> None:
    assert team[1].post(f"/team/quotas/{'0' * 32}", messages_a_day="9").status_code == 404
