from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.support.providers import ScriptedProvider
from webapp.clock import SystemClock
from webapp.local_server.access import Access
from webapp.local_server.server import ModelServer
from webapp.providers.base import AuthCode, Model, Provider

CODE = "test-local-server-1234"
MODEL = Model("scripted", "heron", "Grey Heron 1B", max_length=16_384, token_limit=4096)


@contextmanager
def served(
    provider: Provider, model: Model = MODEL, *, code: str | None = None, **chosen: Any
) -> Iterator[ModelServer]:
    """Serve a model on a free port of loopback, in this process."""
    access = Access(None if code is None else AuthCode(code))
    server = ModelServer(
        provider, [model], host="127.0.0.1", port=0, access=access, clock=SystemClock(), **chosen
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="local server")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.close()
        thread.join(10)


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


@pytest.fixture
def serve(provider: ScriptedProvider) -> Iterator[Callable[..., ModelServer]]:
    with ExitStack() as stack:
        yield lambda **chosen: stack.enter_context(served(provider, **chosen))


@pytest.fixture
def server(serve: Callable[..., ModelServer]) -> ModelServer:
    return serve()
