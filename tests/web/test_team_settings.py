"""The owner's settings through the real server: what is saved holds at once, and is told true."""

from __future__ import annotations

import html
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import requests

from tests.support.past import held
from tests.support.server import Browser, Server
from tests.support.timing import in_time
from tests.upstream import Upstream

_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_DAY = 86_400_000_000


@pytest.fixture(scope="module")
def server(fresh_server: Server) -> Server:
    """A server of our own: what the owner changes, others would see."""
    return fresh_server


@pytest.fixture
def owner(server: Server) -> Iterator[Browser]:
    with Browser(server) as signed_in:
        signed_in.use("liaobots/gpt-4", "test-1234567890")
        yield signed_in


@pytest.fixture
def ann(server: Server) -> Iterator[Browser]:
    with Browser(server, link=server.fresh_link("Ann")) as signed_in:
        signed_in.use("liaobots/gpt-4", "test-1234567890")
        yield signed_in


def _setting(page: str, variable: str) -> str:
    """The row of a setting, as text."""
    rows = [re.sub(r"<[^>]*>", " ", row) for row in _ROW.findall(page)]
    (row,) = [" ".join(row.split()) for row in rows if f"{variable} " in row]
    return html.unescape(row)


def _model(page: str, name: str) -> str:
    """The row of a model on this machine, as text."""
    (row,) = [row for row in _ROW.findall(page) if f"<bdi>{name}</bdi>" in row]
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", row).split()))


def test_each_setting_is_shown_with_where_it_comes_from_and_no_key(
    server: Server, owner: Browser, liaobots: Upstream
) -> None:
    page = owner.get("/team/settings").text

    assert f"{liaobots.url} environment" in _setting(page, "LIAOCHAT_LIAOBOTS_URL")
    assert _setting(page, "LIAOCHAT_IDLE_TIMEOUT").endswith("60.0 default")
    assert (server.data_dir / "secret.key").read_text("ascii").strip() not in page
    assert "test-1234567890" not in page


def test_the_models_on_this_machine_are_shown_with_what_they_take(owner: Browser) -> None:
    before = _model(owner.get("/team/settings").text, "SmolLM2 135M")
    owner.use("local/SmolLM2-135M-Instruct.Q4_1")
    page = owner.open()
    page.send("Tell a long story about the sea.")
    page.wait("patch")

    loaded = _model(owner.get("/team/settings").text, "SmolLM2 135M")
    page.stop()
    page.wait("ended")

    file = "SmolLM2 135M SmolLM2-135M-Instruct.Q4_1.gguf 98 MB 2,048"
    assert before == f"{file} not loaded"
    assert re.fullmatch(rf"{re.escape(file)} [1-9][0-9]{{1,2}} MB", loaded)


def test_public_links_are_allowed_and_closed_without_a_restart(
    server: Server, owner: Browser, ann: Browser
) -> None:
    talk = ann.open()
    talk.send("#echo for all")
    talk.wait("ended")
    fields = {"audience": "public", "kind": "live", "days": "7"}
    assert ann.post(f"/c/{talk.conversation}/share", **fields).status_code == 422

    page = owner.post("/team/settings/public-sharing", public_sharing="on").text
    made = ann.post(f"/c/{talk.conversation}/share", **fields)

    assert _setting(page, "LIAOCHAT_PUBLIC_SHARING").endswith("True chosen here")
    found = re.search(r"/shared/[\w-]{43}", made.text)
    assert found
    with Browser(server, sign_in=False) as stranger:
        assert stranger.get(found[0]).status_code == 200
        reader = stranger.open(talk.conversation, path=f"{found[0]}/socket")
        reader.wait_for_text("for all")

        owner.post("/team/settings/public-sharing", public_sharing="off")
        ended = time.monotonic()

        assert reader.wait_closed(timeout=5) == 4404
        in_time(time.monotonic() - ended, 1)
        assert stranger.get(found[0]).status_code == 404
    assert ann.post(f"/c/{talk.conversation}/share", **fields).status_code == 422


def test_a_hidden_model_is_read_and_asked_no_more(owner: Browser, ann: Browser) -> None:
    talk = ann.open()
    talk.send("#echo from the old model")
    talk.wait("ended")
    preset = {"name": "Old hand", "model": "liaobots/gpt-4", "text": "Be old."}
    assert ann.post("/presets", **preset).status_code == 200
    models = re.findall(r'name="model" value="([^"]+)"', owner.get("/team/settings").text)
    assert "liaobots/gpt-4" in models

    try:
        _offer(owner, [key for key in models if key != "liaobots/gpt-4"])
        page = ann.get(f"/c/{talk.conversation}").text
        talk.send("and now?")
        refused = talk.wait("refused")

        assert "from the old model" in page
        assert 'value="liaobots/gpt-4"' not in page
        assert "Choose a model" in page
        assert refused["code"] == "unknown_model"
        assert ann.post("/session/model", model="liaobots/gpt-4").status_code == 422
        assert "not offered any more" in ann.get("/prompts").text
    finally:
        _offer(owner, models)
    talk.send("and again?")
    talk.wait("ended")


def test_one_model_at_least_is_offered(owner: Browser) -> None:
    refused = _send_models(owner, shown=_shown(owner), model=[])

    assert refused.status_code == 422
    assert "Tick at least one." in refused.text


def test_old_conversations_go_to_the_trash_as_it_was_said_before(
    server: Server, owner: Browser, ann: Browser
) -> None:
    old, pinned, fresh = (held(server, ["Hello"], title=title) for title in ("Old", "Dear", "New"))
    owner.post(f"/c/{pinned.id}/pin")
    _let_pass(server, 100, old.id, pinned.id)
    listed = owner.open()

    looked = owner.get("/team/settings/retention?days=90").text
    assert "1 conversation goes to the trash at once" in looked
    assert "of 1 member." in looked
    assert _titles(owner, "trashed") == set()
    page = owner.post("/team/settings/retention", days="90").text

    assert _setting(page, "LIAOCHAT_RETENTION_DAYS").endswith("90 chosen here")
    listed.wait("list", conversation=old.id, html=None)
    assert _titles(owner, "trashed") == {"Old"}
    assert {"Dear", "New"} <= _titles(owner, "active")
    assert fresh.id
    assert ann.get("/").status_code == 200
    owner.post("/team/settings/retention", days="0")


@pytest.mark.parametrize("days", ["", "-1", "1.5", "x", "36501", "٣", "9" * 30])
def test_what_is_no_number_of_days_is_refused(owner: Browser, days: str) -> None:
    looked = owner.get(f"/team/settings/retention?days={days}")
    saved = owner.post("/team/settings/retention", days=days)

    assert (looked.status_code, saved.status_code) == (422, 422)
    assert "Write a whole number from 0 to 36500." in looked.text


@pytest.mark.parametrize("value", ["", "yes", "True"])
def test_what_is_no_choice_is_refused(owner: Browser, value: str) -> None:
    answer = owner.post("/team/settings/public-sharing", public_sharing=value)

    assert answer.status_code == 400


def test_what_the_host_says_is_fixed(start_server: Callable[..., Server]) -> None:
    server = start_server(public_sharing="on", retention_days="30", hidden_models="liaobots/gpt-4")
    with Browser(server) as owner:
        page = owner.get("/team/settings").text
        answers = [
            owner.post("/team/settings/public-sharing", public_sharing="off"),
            owner.post("/team/settings/retention", days="0"),
            owner.post("/team/settings/models", model="liaobots/gpt-4"),
        ]

    for name in ("PUBLIC_SHARING", "RETENTION_DAYS", "HIDDEN_MODELS"):
        assert f"fixed by LIAOCHAT_{name} (environment)" in page
    assert [answer.status_code for answer in answers] == [422] * 3
    assert "cannot be changed here" in answers[0].text


def test_a_model_that_the_form_did_not_show_stays_as_it_was(owner: Browser) -> None:
    """It may have come since: to hide what nobody was asked about would be a surprise."""
    models = _shown(owner)
    _offer(owner, models[:1])
    try:
        _send_models(owner, shown=models[:1], model=models[:1])

        assert _ticked(owner) == models[:1]
    finally:
        _offer(owner, models)


def _shown(owner: Browser) -> list[str]:
    return re.findall('name="shown" value="([^"]+)"', owner.get("/team/settings").text)


def _ticked(owner: Browser) -> list[str]:
    return re.findall('name="model" value="([^"]+)" checked', owner.get("/team/settings").text)


def _offer(owner: Browser, models: list[str]) -> None:
    assert _send_models(owner, shown=_shown(owner), model=models).status_code == 200


def _send_models(owner: Browser, **fields: list[str]) -> requests.Response:
    return owner.http.post(f"{owner.server.url}/team/settings/models", data=fields, timeout=20)


def _titles(browser: Browser, place: str) -> set[str]:
    page = browser.get(f"/conversations?in={place}").text
    return set(re.findall(r'class="shelf__name" dir="auto">([^<]*)<', page))


def _let_pass(server: Server, days: int, *conversations: str) -> None:
    """Let nothing have been said in these conversations for so many days."""
    with closing(sqlite3.connect(server.data_dir / "liaochat.db", timeout=10)) as database:
        for one in conversations:
            database.execute(
                "UPDATE conversations SET updated_at = updated_at - ? WHERE id = ?",
                (days * _DAY, one),
            )
        database.commit()
