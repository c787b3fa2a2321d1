"""Servers for all tests: real processes and real HTTP, on loopback alone.

Property tests try the same examples each time, so that a change is what breaks them; `make soak`
tries others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.security.size import size
from tests.support import canary
from tests.support.seeing import seeing_server
from tests.support.server import Browser, Server
from tests.upstream import Upstream, upstream

settings.register_profile(
    "tests",
    deadline=None,  # a machine that has other work, too, is slow and not wrong
    derandomize=bool(size(1, 0)),
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def no_code_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """See, when all tests are over, that no auth code of theirs is in a file that they left."""
    yield
    canary.expect_none_in_files(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def liaobots() -> Iterator[Upstream]:
    """A scripted Liaobots for all tests that need not count its calls."""
    with upstream(pace=0.002) as server:
        yield server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    """A running Liaochat for all tests that leave it as it is."""
    settings = {"liaobots_url": liaobots.url, "import_limit": "2"}
    with Server(tmp_path_factory.mktemp("shared"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def fresh_server(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    """A running Liaochat for one module alone, whose tests change what others would see."""
    with Server(tmp_path_factory.mktemp("fresh"), {"liaobots_url": liaobots.url}) as running:
        yield running


@pytest.fixture(scope="session")
def seeing(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    """A running Liaochat with a model that sees images, and one that takes text alone."""
    with seeing_server(tmp_path_factory.mktemp("seeing"), liaobots) as running:
        yield running


@pytest.fixture
def start_server(tmp_path: Path, liaobots: Upstream) -> Iterator[Callable[..., Server]]:
    """Start servers of one's own, each with a data folder that outlives it."""
    with ExitStack() as stack:

        def start(*, arguments: Sequence[str] = (), **settings: str) -> Server:
            chosen = {"liaobots_url": liaobots.url, **settings}
            return stack.enter_context(Server(tmp_path / "data", chosen, arguments=arguments))

        yield start


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    """A fresh browser, signed in at the shared server, that may use GPT-4."""
    with Browser(server) as signed_in:
        signed_in.use("liaobots/gpt-4", "test-1234567890")
        yield signed_in
