"""The models file and its servers change while Liaochat runs: nothing is lost, nothing leaks."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.server import Browser, Server
from tests.upstream import Call, Upstream, upstream

KEY = "test-key-for-one-place-51"


@pytest.fixture
def office() -> Iterator[Upstream]:
    with upstream(pace=0.001, keyless=True) as server:
        server.models = [{"id": "listed", "name": "Listed one"}]
        yield server


class _House:
    """A server with a models file in its data folder, which tests write anew."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.file = folder / "models.toml"
        self.file.write_text('[[models]]\nid = "gpt-4"\n', "utf-8")
        self.server = stack.enter_context(Server(folder))
        self.owner = stack.enter_context(Browser(self.server))

    def write(self, *parts: str) -> None:
        """Put another file into its place, as editors do."""
        new = self.file.with_suffix(".new")
        new.write_text("".join(parts), "utf-8")
        new.replace(self.file)

    def page(self, path: str = "/") -> str:
        return html.unescape(self.owner.get(path).text)

    def until(self, wanted: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 30
        while not wanted():
            assert time.monotonic() < deadline, f"not within 30 s: {what}"
            time.sleep(0.05)

    def until_offered(self, *models: str) -> None:
        self.until(lambda: self.models() == list(models), f"{models}, but {self.models()}")

    def models(self) -> list[str]:
        menu = self.page().partition('id="model"')[2].partition("</select>")[0]
        return [key for key in re.findall('<option value="([^"]+)"', menu) if key[:6] != "local/"]

    def troubles(self) -> list[str]:
        return re.findall('class="team__alert" role="alert">([^<]*)<', self.page("/team/settings"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_House]:
    with ExitStack() as stack:
        yield _House(stack, tmp_path_factory.mktemp("house"))


def _provider(url: str, *, more: str = "list = false") -> str:
    name = "" if "name" in more else 'name = "Office"\n'
    return f'[[providers]]\nid = "office"\n{name}url = "{url}/v1"\n{more}\n'


def _model(model_id: str, name: str, provider: str = "office") -> str:
    return f'[[models]]\nprovider = "{provider}"\nid = "{model_id}"\nname = "{name}"\n'


def test_a_new_file_holds_without_a_restart_and_what_answers_goes_on(
    house: _House, office: Upstream
) -> None:
    house.write(_provider(office.url), _model("old", "Old name"), _model("b", "B"))
    house.until_offered("office/old", "office/b")
    house.owner.use("office/old")
    page = house.owner.open()
    page.send("#slow:60,100")
    page.wait_for_text("1")
    path = f"/c/{page.conversation}"

    house.write('[[models]]\nid = "gpt-5"\n')
    house.until_offered("liaobots/gpt-5")

    ended = page.wait("ended", 30)
    assert ended["state"] == "complete"
    assert "Old name" in house.page(path)
    page.send("and now?")
    assert page.wait("refused")["text"] == (
        "This model is not offered any more. Choose another one."
    )
    house.write(_provider(office.url), _model("old", "Old name"))
    house.until_offered("office/old")
    page.send("#echo and now?")
    assert page.wait_answered(30).state == "complete"


def test_a_file_with_an_error_is_told_of_and_the_one_before_holds(
    house: _House, office: Upstream
) -> None:
    good = _provider(office.url) + _model("a", "A")
    house.write(good)
    house.until_offered("office/a")

    house.write(good + '[[models]]\nprovider = "office"\nid = "b"\nkey = "hush"\n')
    house.until(lambda: bool(house.troubles()), "the trouble on the owner's page")

    said = f"The models file {house.file} has the unknown key key in entry 2 of [[models]] (line 10"
    assert house.models() == ["office/a"]
    (trouble,) = house.troubles()
    assert trouble.startswith(said)
    assert "hush" not in trouble + house.server.log
    assert trouble.endswith("What it said before still holds.")
    assert house.server.log.count(said) == 1
    house.file.unlink()
    house.until_offered("liaobots/gpt-3.5-turbo", "liaobots/gpt-4")
    assert house.troubles() == []
    house.write(good, _model("b", "B"))
    house.until_offered("office/a", "office/b")


def test_a_key_is_not_sent_to_an_address_it_was_not_entered_for(
    house: _House, office: Upstream
) -> None:
    each = 'list = true\nkey = "session"'
    with upstream(pace=0.001) as other:
        house.write(_provider(office.url, more=each), _model("a", "A"))
        house.until_offered("office/a")
        house.owner.use("office/a")
        house.owner.enter_key(KEY)
        old_form = house.owner.fields("/session/auth-code")
        house.until_offered("office/a", "office/listed")

        house.write(_provider(other.url, more=each), _model("a", "A2"))
        house.until_offered("office/a")

        panel = house.page()
        assert "Its address has changed. Enter the key again." in panel
        assert f"…{KEY[-4:]}" not in panel
        page = house.owner.open()
        page.send("hello?")
        assert "A2 needs a key for Office." in page.wait("refused")["text"]
        late = house.owner.post("/session/auth-code", **old_form, auth_code=KEY)
        assert late.status_code == 422
        assert other.received == []
        house.owner.enter_key("test-key-for-the-other-52")
        page.send("#echo hello")
        page.wait_answered()
        assert {one.auth_code for one in other.received} == {"test-key-for-the-other-52"}


def test_a_server_that_lists_thousands_makes_no_heavy_page(house: _House, office: Upstream) -> None:
    office.models = [{"id": f"model-{n}", "name": f"Model {n}"} for n in range(5000)]
    house.write(_provider(office.url, more=""), _model("model-4321", "Named"))

    house.until(lambda: "office/model-0" in house.models(), "the list")

    page = house.page()
    assert house.models()[:2] == ["office/model-4321", "office/model-0"]
    assert len(house.models()) == 201
    assert "4,799 more can be named in the models file" in page
    assert len(page) < 120_000
    assert len(house.page("/team/settings")) < 120_000
    house.owner.use("office/model-4321")
    refused = house.owner.post("/session/model", model="office/model-4322")
    assert refused.status_code == 422


def _html(call: Call) -> None:
    call.answer("<!DOCTYPE html><title>Hello</title>", headers=[("Content-Type", "text/html")])


def _endless(call: Call) -> None:
    call.start(headers=[("Content-Type", "application/json")])
    call.piece('{"data": [')
    while True:
        call.piece(json.dumps({"id": "x" * 1000}) + ",")


@pytest.mark.parametrize(
    ("script", "more", "sentence"),
    [
        (_html, "", "127.0.0.1 gave no list of its models: it sent a page for a browser."),
        (_endless, "", "127.0.0.1 gave no list of its models: it is longer than 16 MB."),
        (None, "/v2", "127.0.0.1 does not answer where it was asked."),
    ],
    ids=["a page", "without an end", "a wrong address"],
)
def test_a_server_that_gives_no_list_is_told_of_and_holds_nothing_up(
    house: _House,
    office: Upstream,
    script: Callable[[Call], None] | None,
    more: str,
    sentence: str,
) -> None:
    office.on_list = script

    house.write(_provider(office.url + more, more=""), _model("a", "A"))

    said = f"Office was asked for its models: {sentence}"
    house.until(lambda: said in " ".join(house.troubles()), "the trouble on the owner's page")
    assert house.models() == ["office/a"]


def test_a_restart_keeps_names_and_lists_and_waits_for_no_server(
    house: _House, office: Upstream
) -> None:
    house.write(_provider(office.url, more=""), _model("old", "Old name"))
    house.until_offered("office/old", "office/listed")
    house.owner.use("office/old")
    page = house.owner.open()
    page.send("#echo hello")
    page.wait_answered()
    page.close()
    asked = len(office.received)
    office.on_list = lambda call: call.stall()
    house.write(_provider(office.url, more='name = "Bureau"'))
    office.wait_for(asked + 1)
    assert house.models() == ["office/listed"]

    started = time.monotonic()
    status = house.server.stop()
    seconds = time.monotonic() - started
    house.server.start(port=house.server.url.rpartition(":")[2])

    assert status == 0
    assert seconds < 10
    assert house.models() == ["office/listed"]
    assert "Listed one" in house.page()
    assert "Old name" in house.page(f"/c/{page.conversation}")
    office.wait_for(asked + 2)
    assert house.models() == ["office/listed"]
