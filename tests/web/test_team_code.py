"""The team's auth code: set by the owner, used for members without one, shown to nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.server import Browser, Server
from tests.upstream import Upstream

CODE = "test-team-c0de-5150"
MODEL = "liaobots/gpt-4"


@pytest.fixture(scope="module")
def team(
    tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream
) -> Iterator[tuple[Server, Browser]]:
    """A server of our own, and its owner, who has set a code."""
    settings = {"liaobots_url": liaobots.url}
    with (
        Server(tmp_path_factory.mktemp("team"), settings) as server,
        Browser(server) as owner,
    ):
        assert owner.post("/team/quotas/code", auth_code=CODE).status_code == 200
        yield server, owner


@pytest.fixture
def member(team: tuple[Server, Browser]) -> Iterator[Browser]:
    server, _ = team
    with Browser(server, link=server.link_of_a_newcomer()) as signed_in:
        signed_in.use(MODEL)
        yield signed_in


def _ask(browser: Browser, text: str) -> str:
    page = browser.open()
    page.send(text)
    answer = page.wait_answered()
    return answer.footer or answer.html


def test_a_member_without_a_code_asks_with_the_teams(member: Browser, liaobots: Upstream) -> None:
    home = member.get("/").text

    _ask(member, "#echo paid by the team")

    assert "The team’s code is used." in home
    assert "needs an auth code" not in home
    calls = {one.last_message: one for one in liaobots.received}
    assert calls["#echo paid by the team"].auth_code == CODE


def test_a_code_of_ones_own_goes_before_the_teams(member: Browser, liaobots: Upstream) -> None:
    member.use(MODEL, "test-of-ones-own-1")
    home = member.get("/").text

    _ask(member, "#echo paid by oneself")

    assert "The team’s code" not in home
    calls = {one.last_message: one for one in liaobots.received}
    assert calls["#echo paid by oneself"].auth_code == "test-of-ones-own-1"


def test_of_the_code_nobody_is_shown_a_digit(team: tuple[Server, Browser], member: Browser) -> None:
    server, owner = team
    page = member.open()
    page.send("#unauthorised")
    assert page.wait_answered().state == "failed"
    shown = [
        owner.get("/team/quotas").text,
        owner.get("/").text,
        member.get("/").text,
        member.get(f"/c/{page.conversation}").text,
        *(str(frame) for frame in page.frames),
        server.log,
    ]

    kept = b"".join(file.read_bytes() for file in server.data_dir.rglob("*") if file.is_file())

    assert "Set on" in shown[0]
    assert all(CODE not in one and CODE[-4:] not in one for one in shown)
    assert CODE.encode() not in kept


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        ("#unauthorised", "The team’s auth code was refused. Tell the owner"),
        ("#no-credit", "No credit is left on the team’s auth code. Tell the owner"),
    ],
)
def test_where_the_code_fails_the_member_is_told_whom_to_tell(
    member: Browser, scenario: str, sentence: str
) -> None:
    assert sentence in _ask(member, scenario)


def test_members_find_none_of_it(team: tuple[Server, Browser], member: Browser) -> None:
    _, owner = team
    statuses = [
        member.get("/team/quotas").status_code,
        member.post("/team/quotas/code", auth_code="test-mine-1234").status_code,
        member.post("/team/quotas/code/remove").status_code,
    ]

    assert statuses == [404] * 3
    assert "Set on" in owner.get("/team/quotas").text


def test_what_cannot_be_a_code_is_refused_and_the_one_before_stays(
    team: tuple[Server, Browser],
) -> None:
    _, owner = team

    response = owner.post("/team/quotas/code", auth_code="two words")

    assert response.status_code == 422
    assert "This is not an auth code" in response.text
    assert "two words" not in response.text
    assert "Set on" in owner.get("/team/quotas").text


def test_a_code_that_is_removed_is_used_no_more(
    start_server: Callable[..., Server], liaobots: Upstream
) -> None:
    server = start_server()
    with Browser(server) as owner, Browser(server, link=server.link_of_a_newcomer()) as member:
        member.use(MODEL)
        owner.post("/team/quotas/code", auth_code=CODE)
        owner.post("/team/quotas/code", auth_code="test-the-next-one")
        _ask(member, "#echo the second code")
        owner.post("/team/quotas/code/remove")
        page = member.open()
        page.send("#echo no code")

        refused = page.wait("refused")

        calls = {one.last_message: one for one in liaobots.received}
        assert calls["#echo the second code"].auth_code == "test-the-next-one"
        assert "#echo no code" not in calls
        assert refused["code"] == "auth_code_missing"
        assert "None is set." in owner.get("/team/quotas").text
