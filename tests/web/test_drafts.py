"""What is being written: kept for the browser, measured before it is sent, and told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.page import Page
from tests.support.server import Browser, Server, new_client_id
from tests.upstream import Upstream

_MODELS = """
[[models]]
id = "gpt-4"
name = "GPT-4"
maxLength = 24000
tokenLimit = 8000
[[models]]
id = "small"
name = "Small"
maxLength = 2000
tokenLimit = 1400
[[models]]
id = "unknown"
name = "Unknown"
"""
_LONG = "word " * 180


@pytest.fixture
def reader(start_server: Callable[..., Server], tmp_path: Path) -> Iterator[Browser]:
    """A browser that may use a model with room for 400 tokens beside its answer."""
    file = tmp_path / "models.toml"
    file.write_text(_MODELS, "utf-8")
    with Browser(start_server(models_file=str(file))) as browser:
        browser.use("liaobots/small", "test-1234567890")
        yield browser


def _ask(page: Page, text: str) -> None:
    page.send(text)
    page.wait("ended", state="complete")


def _gauge(page: Page, text: str = "", **fields: object) -> dict[str, object]:
    page.put(type="draft", conversation=page.conversation, text=text, **fields)
    return page.wait("gauge")


def _box(browser: Browser, path: str) -> str:
    found = re.search(
        r'<textarea class="composer__text".*?>(.*?)</textarea>', browser.get(path).text, re.DOTALL
    )
    assert found
    return found[1]


def test_a_draft_is_kept_for_its_browser_and_its_conversation(server: Server) -> None:
    with Browser(server) as browser, Browser(server) as other:
        page = browser.open()

        _gauge(page, "half a thought", keep=True)

        assert _box(browser, "/") == "half a thought"
        assert _box(other, "/") == ""


def test_a_draft_outlives_a_restart_of_the_server(start_server: Callable[..., Server]) -> None:
    server = start_server()
    with Browser(server) as browser:
        _gauge(browser.open(), "half a thought", keep=True)
        port = server.url.rpartition(":")[2]

        server.kill()
        server.start(port=port)

        assert _box(browser, "/") == "half a thought"


def test_what_is_only_measured_is_not_kept(browser: Browser) -> None:
    page = browser.open()

    _gauge(page, "of an old page", keep=False)

    assert _box(browser, "/") == ""


def test_what_was_sent_is_no_draft_any_more_and_other_pages_hear_of_it(server: Server) -> None:
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-1234567890")
        page, beside = browser.open(), browser.open()
        _gauge(page, "#echo one", keep=True)

        page.send("#echo one")

        heard = beside.wait("draft")
        page.wait("ended")
        assert (heard["conversation"], heard["text"]) == (None, "#echo one")
        assert _box(browser, "/") == ""


def test_sending_leaves_the_draft_that_another_tab_keeps_in_the_same_place(
    browser: Browser,
) -> None:
    browser.use("liaobots/gpt-4", "test-1234567890")
    page, beside = browser.open(), browser.open()
    _gauge(page, "#echo one", keep=True)
    _gauge(beside, "another thought", keep=True)

    page.send("#echo one")
    page.wait("ended")
    page.put(type="draft", conversation=None, text="", keep=True, was="#echo one")
    page.wait("gauge")

    assert _box(browser, "/") == "another thought"
    beside.put(type="draft", conversation=None, text="", keep=True, was="another thought")
    beside.wait("gauge")
    assert _box(browser, "/") == ""


def test_nobody_keeps_a_draft_in_a_foreign_conversation(browser: Browser) -> None:
    page = browser.open()

    page.put(type="draft", conversation="0" * 32, text="x", keep=True)

    assert page.wait("gauge")["length"] == 0


def test_the_gauge_counts_characters_once_they_are_worth_a_look(browser: Browser) -> None:
    page = browser.open()

    short, long, over = (_gauge(page, "🙂" * count) for count in (10, 14_400, 24_001))

    assert (short["size"], short["length"]) == ("", 10)
    assert str(long["size"]).startswith("14,400 of 24,000 characters")
    assert over["over"] is True
    assert over["tokens"] is not None


def test_the_gauge_says_which_messages_stay_behind_and_so_it_is(
    reader: Browser, liaobots: Upstream
) -> None:
    page = reader.open()
    for name in ("one", "two"):
        _ask(page, f"#echo {name} {_LONG}")
    third = page.articles[2].id

    gauge = _gauge(page, "And now?")

    assert gauge["unsent"] == 3
    assert gauge["first"] == page.articles[3].id != third
    assert gauge["text"] == "The oldest 3 messages will not be sent."
    assert "of 1,400 tokens with the answer" in str(gauge["size"])
    _ask(page, "And now?")
    assert len(liaobots.received[-1].body["messages"]) == 2


def test_the_page_shows_the_same_without_a_script(reader: Browser) -> None:
    page = reader.open()
    for name in ("one", "two"):
        _ask(page, f"#echo {name} {_LONG}")
    _gauge(page, "And now?", keep=True)

    html = reader.get(f"/c/{page.conversation}").text

    assert "The oldest 3 messages will not be sent." in html
    assert html.count("message--unsent") == 3
    divider = html.index('class="limit"')
    assert (
        html.index(page.articles[2].id)
        < divider
        < html.index(f'id="message-{page.articles[3].id}"')
    )


def test_a_question_that_does_not_fit_is_refused_before_it_is_paid(
    reader: Browser, liaobots: Upstream
) -> None:
    page, calls = reader.open(), len(liaobots.received)
    text = "a b c d " * 200

    gauge = _gauge(page, text)
    page.send(text)

    refused = page.wait("refused")
    assert refused["code"] == "request_too_long"
    assert gauge["text"] == refused["text"]
    assert gauge["over"] is True
    assert len(liaobots.received) == calls


def test_of_a_model_without_limits_nothing_is_counted(reader: Browser) -> None:
    reader.use("liaobots/unknown")

    gauge = _gauge(reader.open(), "x" * 100_000)

    assert (gauge["max_length"], gauge["token_limit"], gauge["tokens"]) == (0, 0, None)
    assert (gauge["size"], gauge["text"], gauge["over"]) == ("", "", False)


def test_instructions_of_a_conversation_are_sent_and_told_to_its_pages(
    browser: Browser, liaobots: Upstream
) -> None:
    page = browser.open()
    _ask(page, "#echo one")

    browser.post(f"/c/{page.conversation}/system", system="Answer in rhyme.\r\nAlways.")

    assert page.wait("system")["text"] == "Answer in rhyme.\nAlways."
    _ask(page, "#echo two")
    assert liaobots.received[-1].body["prompt"] == "Answer in rhyme.\nAlways."
    browser.post(f"/c/{page.conversation}/system", system=" ")
    _ask(page, "#echo three")
    assert liaobots.received[-1].body["prompt"].startswith("You are ChatGPT")


def test_a_new_chat_may_begin_with_instructions_also_without_a_script(
    browser: Browser, liaobots: Upstream
) -> None:
    fields = {"client_id": new_client_id(), "conversation": "", "parent": ""}

    answer = browser.post("/messages", **fields, text="#echo one", system="Be brief.")

    assert "Be brief." in answer.text
    page = browser.open(answer.url.rpartition("/")[2])
    page.wait("messages")
    assert liaobots.received[-1].body["prompt"] == "Be brief."


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("own", "x" * 20_001, "The instructions may have 20,000 characters at most."),
        ("0" * 32, "x", "There is nothing here."),
    ],
)
def test_instructions_that_cannot_be_kept_are_refused(
    browser: Browser, path: str, text: str, said: str
) -> None:
    page = browser.open()
    _ask(page, "#echo one")
    conversation = page.conversation if path == "own" else path

    answer = browser.post(f"/c/{conversation}/system", system=text)

    assert answer.status_code in {404, 422}
    assert said in answer.text


def _field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found
    return found[1]


def test_parameters_of_a_conversation_are_kept_and_told_to_its_pages(browser: Browser) -> None:
    page = browser.open()
    _ask(page, "#echo one")

    browser.post(f"/c/{page.conversation}/parameters", temperature="0.70", seed=" ")

    values = page.wait("parameters")["values"]
    assert (values["temperature"], values["seed"]) == ("0.7", "")
    html = browser.get(f"/c/{page.conversation}").text
    assert (_field(html, "temperature"), _field(html, "seed")) == ("0.7", "")
    assert ">Parameters: own<" in html
    browser.post(f"/c/{page.conversation}/parameters")
    assert set(page.wait("parameters")["values"].values()) == {""}


def test_a_new_chat_may_begin_with_parameters_also_without_a_script(browser: Browser) -> None:
    fields = {"client_id": new_client_id(), "conversation": "", "parent": ""}

    answer = browser.post(
        "/messages", **fields, text="#echo one", max_tokens="90", reasoning_effort="low"
    )

    assert _field(answer.text, "max_tokens") == "90"
    assert '<option value="low" selected>' in answer.text


def test_a_new_chat_with_parameters_out_of_bounds_is_refused_and_keeps_what_was_written(
    browser: Browser, liaobots: Upstream
) -> None:
    fields = {"client_id": new_client_id(), "conversation": "", "parent": ""}
    page, calls = browser.open(), len(liaobots.received)

    answer = browser.post("/messages", **fields, text="#echo one", temperature="9", seed="7")
    page.put(type="send", **fields, text="#echo one", temperature="9")
    refused = page.wait("refused")

    said = "“Temperature” takes a number from 0 to 2, or nothing."
    assert answer.status_code == 422
    assert said in answer.text
    assert (_field(answer.text, "temperature"), _field(answer.text, "seed")) == ("9", "7")
    assert (refused["client_id"], refused["text"]) == (fields["client_id"], said)
    assert len(liaobots.received) == calls


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("own", 422, "“Seed” takes a whole number from 0 to 4,294,967,295, or nothing."),
        ("0" * 32, 404, "There is nothing here."),
    ],
)
def test_parameters_that_cannot_be_kept_are_refused(
    browser: Browser, path: str, status: int, said: str
) -> None:
    page = browser.open()
    _ask(page, "#echo one")
    conversation = page.conversation if path == "own" else path
    seed = "-1" if path == "own" else "1"

    answer = browser.post(f"/c/{conversation}/parameters", seed=seed)

    assert answer.status_code == status
    assert said in answer.text


def test_an_answer_can_be_had_from_another_model(browser: Browser, liaobots: Upstream) -> None:
    page = browser.open()
    _ask(page, "#echo one")
    fields = {"message": page.answer.id, "client_id": new_client_id()}

    page.put(type="regenerate", **fields, model="liaobots/none")
    refused = page.wait("refused")
    page.put(type="regenerate", **fields, model="liaobots/gpt-3.5-turbo")
    page.wait("ended")

    assert refused["code"] == "unknown_model"
    assert liaobots.received[-1].body["model"]["id"] == "gpt-3.5-turbo"
