"""One world for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.routes import Route, routes_of
from tests.security.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def routes(world: World) -> list[Route]:
    found = routes_of(world.app)
    assert len(found) > 60
    return found
