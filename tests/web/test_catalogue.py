"""Servers of the models file through the real server: what is offered, and with which key."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.page import Page
from tests.support.server import Browser, Server
from tests.upstream import Upstream, upstream

OF_ADA, OF_THE_TEAM, OF_THE_HOST = "test-key-of-ada-41", "test-key-of-team-42", "test-host-key-43"
CODE = "test-liaobots-code-44"

_OPTION = re.compile(r'<option value="([^"]+)"[^>]*>(.*?)</option>')


@dataclass
class House:
    """A server whose models file names two others: one that wants no key, and one that does."""

    server: Server
    open: Upstream
    keyed: Upstream
    owner: Browser

    def newcomer(self) -> Browser:
        return Browser(self.server, link=self.server.link_of_a_newcomer())


def _file(open_: Upstream, keyed: Upstream) -> str:
    return f"""
        [[providers]]
        id = "office"
        name = "Office"
        url = "{open_.url}/v1"
        [[providers]]
        id = "each"
        name = "Each"
        url = "{keyed.url}/v1"
        key = "session"
        list = false
        [[providers]]
        id = "ours"
        name = "Ours"
        url = "{keyed.url}/v1"
        key = "team"
        list = false
        [[providers]]
        id = "host"
        name = "Host"
        url = "{keyed.url}/v1"
        key = "environment"
        key_variable = "HOST_KEY"
        list = false
        [[models]]
        id = "gpt-4"
        name = "GPT-4"
        [[models]]
        provider = "office"
        id = "qwen"
        name = "Qwen of the file"
        note = "Runs in the office."
        [[models]]
        provider = "office"
        id = "tiny"
        hidden = true
        [[models]]
        provider = "each"
        id = "big"
        name = "Big"
        [[models]]
        provider = "ours"
        id = "shared"
        name = "Shared"
        [[models]]
        provider = "host"
        id = "free"
        name = "Free"
    """


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with upstream(pace=0.001, keyless=True) as open_, upstream(pace=0.001) as keyed:
        open_.models = [{"id": name} for name in ("qwen", "tiny", "llama3.2")]
        (folder / "models.toml").write_text(_file(open_, keyed), "utf-8")
        settings = {"liaobots_url": liaobots.url, "title_model": "each/big"}
        with (
            Server(folder, settings, keys={"HOST_KEY": OF_THE_HOST}) as server,
            Browser(server) as owner,
        ):
            yield House(server, open_, keyed, owner)


def _until(wanted: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 30
    while not wanted():
        assert time.monotonic() < until, f"not within 30 s: {what}"
        time.sleep(0.05)


def _models(browser: Browser) -> dict[str, str]:
    """What the menu offers, and the words of each."""
    menu = browser.get("/").text.partition('id="model"')[2].partition("</select>")[0]
    plain = {key: re.sub("<[^>]*>", "", words) for key, words in _OPTION.findall(menu)}
    return {key: html.unescape(words) for key, words in plain.items()}


def _ask(browser: Browser, text: str) -> Page:
    page = browser.open()
    page.send(text)
    page.wait_answered()
    return page


def _refused(browser: Browser) -> str:
    page = browser.open()
    page.send("hello?")
    return str(page.wait("refused")["text"])


def _code_of(asked: Upstream, text: str) -> str:
    (call,) = [one for one in asked.received if one.last_message == text]
    assert call.completions
    return call.auth_code


def test_the_menu_holds_what_the_file_says_and_what_the_server_lists_beside_it(
    house: House,
) -> None:
    _until(lambda: "office/llama3.2" in _models(house.owner), "the list of a server")

    models = _models(house.owner)
    menu = house.owner.get("/").text
    assert models["office/qwen"] == "Qwen of the file Runs in the office."
    assert "office/tiny" not in models
    assert [key for key in models if key.startswith("office/")] == [
        "office/qwen",
        "office/llama3.2",
    ]
    assert list(models).index("liaobots/gpt-4") < list(models).index("office/qwen")
    for title in ("Liaobots", "Office", "Each", "Ours", "Host"):
        assert f'<optgroup label="{title}">' in menu
    assert "needs a key" in models["each/big"]
    assert "needs" not in models["host/free"]


def test_a_server_that_wants_no_key_is_asked_without_one(house: House) -> None:
    house.owner.use("liaobots/gpt-4", CODE)
    house.owner.use("office/qwen")

    page = _ask(house.owner, "#echo without a key")

    assert page.answer.state == "complete"
    assert _code_of(house.open, "#echo without a key") == ""


def test_the_hosts_key_is_used_for_everybody_and_shown_to_nobody(house: House) -> None:
    with house.newcomer() as member:
        member.use("host/free")

        _ask(member, "#echo with the key of the host")

        assert _code_of(house.keyed, "#echo with the key of the host") == OF_THE_HOST
        assert OF_THE_HOST[-4:] not in member.get("/").text


def test_a_key_of_ones_own_is_entered_under_its_name_and_used_for_that_server_alone(
    house: House, liaobots: Upstream
) -> None:
    with house.newcomer() as ada, house.newcomer() as bob:
        ada.use("liaobots/gpt-4", CODE)
        ada.use("each/big")
        before = ada.get("/").text
        refused = _refused(ada)

        ada.enter_key(OF_ADA)
        after = ada.get("/").text
        _ask(ada, "#echo with a key of my own")
        ada.use("liaobots/gpt-4")
        _ask(ada, "#echo with my code")
        bob.use("each/big")

        assert "Key for Each" in before
        assert "It is sent to 127.0.0.1" in before.replace("http://", "")
        assert "Big needs a key." in before
        assert refused == "Big needs a key for Each. Enter yours under “Key”."
        assert f"…{OF_ADA[-4:]}" in after
        assert "needs a key" not in _models(ada)["each/big"]
        assert _code_of(house.keyed, "#echo with a key of my own") == OF_ADA
        calls = {one.last_message: one.auth_code for one in liaobots.received}
        assert calls["#echo with my code"] == CODE
        assert "needs a key" in _models(bob)["each/big"]
        assert "Big needs a key for Each." in _refused(bob)


def test_a_title_is_asked_for_with_the_key_of_its_own_provider_or_not_at_all(
    house: House, liaobots: Upstream
) -> None:
    with house.newcomer() as ada, house.newcomer() as bob:
        ada.use("each/big")
        ada.enter_key(OF_ADA)
        for one in (bob, ada):
            one.use("liaobots/gpt-4", CODE)

        _ask(bob, "#echo without a key for the title")
        _ask(ada, "#echo with a key for the title")
        _until(
            lambda: any("a key for the title" in one.last_message for one in house.keyed.received),
            "the title's question",
        )

    asked = [one for one in house.keyed.received if "a key for the title" in one.last_message]
    assert [one.auth_code for one in asked] == [OF_ADA]
    assert "#echo with a key for the title" in asked[0].last_message
    assert CODE not in {one.auth_code for one in house.keyed.received}
    assert OF_ADA not in {one.auth_code for one in liaobots.received}


def test_a_key_may_serve_all_sessions_of_its_owner_and_be_removed_from_them(house: House) -> None:
    name = "Carol"
    with (
        Browser(house.server, link=house.server.fresh_link(name)) as first,
        Browser(house.server, link=house.server.fresh_link(name)) as second,
    ):
        first.use("each/big")
        second.use("each/big")

        first.enter_key(OF_ADA, for_all="on")

        assert "for all your sessions" in second.get("/").text
        second.post("/session/auth-code/remove", provider="each")
        assert "Big needs a key." in first.get("/").text


def test_what_cannot_be_a_key_or_has_no_such_place_is_not_kept(house: House) -> None:
    with house.newcomer() as ada:
        ada.use("each/big")
        form = ada.fields("/session/auth-code")

        bad = ada.enter_key("two words")
        elsewhere = ada.post(
            "/session/auth-code", **form | {"hosts": "other.example"}, auth_code=OF_ADA
        )
        unknown = [
            ada.post("/session/auth-code", **form | {"provider": one}, auth_code=OF_ADA).status_code
            for one in ("nobody", "host", "ours", "office", "")
        ]

        assert (bad.status_code, elsewhere.status_code) == (422, 422)
        assert "Each has another address than this page said" in html.unescape(elsewhere.text)
        assert unknown == [404] * 5
        assert "Big needs a key." in ada.get("/").text


def test_the_teams_key_is_set_by_the_owner_used_by_members_and_counted(house: House) -> None:
    with house.newcomer() as member:
        member.use("ours/shared")
        panel, without = member.get("/").text, _refused(member)
        form = house.owner.fields("/team/keys", "/team/quotas")

        saved = house.owner.post("/team/keys", **form, auth_code=OF_THE_TEAM)
        house.owner.post("/team/quotas", messages_a_day="1")
        try:
            _ask(member, "#echo with the key of the team")
            used_up = _refused(member)
        finally:
            house.owner.post("/team/quotas")
        house.owner.post("/team/keys/remove", provider="ours")

        assert "The owner of this server has to enter it." in panel
        assert "needs the team’s key for Ours, and there is none" in without
        assert "Set on" in saved.text
        assert OF_THE_TEAM[-4:] not in saved.text + member.get("/").text
        assert _code_of(house.keyed, "#echo with the key of the team") == OF_THE_TEAM
        assert "1 message" in used_up
        assert "needs the team’s key" in _refused(member)
        assert "set the team’s key" in house.owner.get("/team/audit").text
        assert member.post("/team/keys", **form, auth_code=OF_ADA).status_code == 404


def test_where_a_key_is_refused_who_can_change_it_is_told(house: House) -> None:
    form = house.owner.fields("/team/keys", "/team/quotas")
    house.owner.post("/team/keys", **form, auth_code=OF_THE_TEAM)
    with house.newcomer() as ada:
        said = {}
        for model in ("each/big", "ours/shared", "host/free"):
            ada.use(model)
            if model == "each/big":
                ada.enter_key(OF_ADA)
            answer = _ask(ada, "#unauthorised").answer
            said[model] = html.unescape(answer.footer or answer.html)

    assert "Each refused the key. Enter another one." in said["each/big"]
    assert "Ours wants another key than this server has" in said["ours/shared"]
    assert "Host wants another key than this server has" in said["host/free"]
