"""A server that offers a model which sees images, and one that takes text alone."""

from __future__ import annotations

from pathlib import Path

from tests.support.server import Server
from tests.upstream import Upstream

SEER = "eyes/seer"
BLIND = "liaobots/gpt-4"
_KEY = "test-of-eyes"


def seeing_server(folder: Path, liaobots: Upstream) -> Server:
    (folder / "models.toml").write_text(f"""
        [[providers]]
        id = "eyes"
        name = "Eyes"
        url = "{liaobots.url}/v1"
        key = "environment"
        key_variable = "EYES_KEY"
        list = false
        [[models]]
        provider = "eyes"
        id = "seer"
        name = "Seer"
        sees = true
        [[models]]
        id = "gpt-4"
        name = "GPT-4"
        maxLength = 24000
        tokenLimit = 8000
    """)
    settings = {"liaobots_url": liaobots.url, "public_sharing": "on"}
    return Server(folder, settings, keys={"EYES_KEY": _KEY})
