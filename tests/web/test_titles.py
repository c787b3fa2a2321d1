"""The setting for titles by a model: off unless it is set, and checked at the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.server import Browser, Server
from webapp.app import create_app
from webapp.config import load_settings
from webapp.errors import ConfigurationError


def test_the_pages_hear_of_the_title_that_a_model_gave(start_server: Callable[..., Server]) -> None:
    server = start_server(title_model="liaobots/gpt-3.5-turbo")
    with Browser(server) as browser:
        browser.use("liaobots/gpt-4", "test-1234567890")
        page = browser.open()

        page.send("#echo one")
        page.wait("ended", state="complete")
        entry = page.wait("list")
        while "Name this conversation" not in entry["html"]:
            entry = page.wait("list")

        assert entry["conversation"] == page.conversation


def test_a_title_model_that_is_not_offered_stops_the_start(tmp_path: Path) -> None:
    settings, _ = load_settings(
        {"LIAOCHAT_DATA_DIR": str(tmp_path), "LIAOCHAT_TITLE_MODEL": "liaobots/none"}
    )

    with pytest.raises(ConfigurationError, match="LIAOCHAT_TITLE_MODEL names “liaobots/none”"):
        create_app(settings)
