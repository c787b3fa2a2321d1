"""What is asked of a model beside the questions of a conversation, as who sets it meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, Tab
from tests.support.server import Server
from tests.upstream import Upstream, upstream

_MODELS = """
[[providers]]
id = "office"
name = "Office"
url = "{url}/v1"
list = false

[[models]]
provider = "office"
id = "willing"
name = "Willing"
parameters = ["temperature", "top_p", "max_tokens", "seed", "reasoning_effort"]

[[models]]
provider = "office"
id = "cool"
name = "Cool"
parameters = ["temperature"]

[[models]]
provider = "office"
id = "stubborn"
name = "Stubborn"
"""


@pytest.fixture
def office() -> Iterator[Upstream]:
    with upstream(pace=0.001, keyless=True) as running:
        yield running


@pytest.fixture
def tab(
    meet: Callable[..., Person],
    start_server: Callable[..., Server],
    office: Upstream,
    tmp_path: Path,
) -> Tab:
    file = tmp_path / "models.toml"
    file.write_text(_MODELS.format(url=office.url), "utf-8")
    tab = meet(start_server(models_file=str(file))).sign_in()
    tab.choose("Willing")
    return tab


def test_parameters_go_with_a_new_chat_are_kept_and_changed_and_other_tabs_hear_of_it(
    tab: Tab, office: Upstream
) -> None:
    page = tab.page
    page.get_by_role("button", name="Parameters").click()
    page.get_by_label("Temperature").fill("0.3")
    page.get_by_label("Reasoning effort").select_option("High")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Parameters: own")).to_be_visible()
    tab.ask("#echo one")
    asked = office.received[-1].body
    assert (asked["temperature"], asked["reasoning_effort"]) == (0.3, "high")
    assert not {"top_p", "max_tokens", "seed"} & set(asked)

    other = tab.person.open(f"/c/{tab.conversation}")
    expect(other.page.get_by_label("Temperature")).to_have_value("0.3")
    page.get_by_role("button", name="Parameters: own").click()
    page.get_by_label("Temperature").fill("")
    page.get_by_label("Longest answer").fill("500")
    page.get_by_role("button", name="Save").click()

    expect(other.page.get_by_label("Longest answer")).to_have_value("500")
    expect(other.page.get_by_label("Temperature")).to_have_value("")
    other.ask("#echo two")
    asked = office.received[-1].body
    assert (asked["max_tokens"], asked["reasoning_effort"]) == (500, "high")
    assert "temperature" not in asked


def test_only_what_the_chosen_model_takes_is_shown(tab: Tab) -> None:
    page = tab.page
    page.get_by_role("button", name="Parameters").click()
    expect(page.get_by_label("Seed")).to_be_visible()
    page.get_by_role("button", name="Close").click()

    tab.choose("Cool")
    page.get_by_role("button", name="Parameters").click()
    expect(page.get_by_label("Temperature")).to_be_visible()
    expect(page.get_by_label("Seed")).to_be_hidden()
    page.get_by_role("button", name="Close").click()

    tab.choose("Stubborn")
    expect(page.get_by_role("button", name="Parameters")).to_be_hidden()


def test_a_parameter_out_of_bounds_is_refused_with_a_sentence_and_the_text_comes_back(
    tab: Tab,
) -> None:
    page = tab.page
    page.get_by_role("button", name="Parameters").click()
    page.get_by_label("Temperature").fill("9")
    page.get_by_role("button", name="Close").click()

    tab.send("#echo one")

    expect(page.get_by_role("alert").filter(has_text="from 0 to 2, or nothing.")).to_be_visible()
    expect(tab.message).to_have_value("#echo one")
    page.get_by_role("button", name="Parameters: own").click()
    page.get_by_label("Temperature").fill("1")
    page.get_by_role("button", name="Close").click()
    tab.message.press("Enter")
    tab.expect_end()
