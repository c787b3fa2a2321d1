"""What other sites can make a browser do here: nothing. Every route, many origins."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from flask.testing import FlaskClient
from websocket import WebSocketBadStatusException

from tests.security.asking import ask, askable, fields_in_no_table, fields_naming
from tests.security.routes import SAFE, Route
from tests.security.things import STREAMS
from tests.security.world import World
from tests.support.server import Browser, Server

_HOSTILE = (
    None,
    "",
    " ",
    "null",
    "Null",
    "http://evil.example",
    "{other}://{host}",
    "{scheme}://{host}.evil.example",
    "{scheme}://evil.example/{host}",
    "{scheme}://evil.example#{host}",
    "{scheme}://evil.example?{host}",
    "{scheme}://{host}@evil.example",
    "{scheme}://evil.example:{port}",
    "{scheme}://evil{host}",
    "{scheme}://evil.{host}",
    "{scheme}://{name}",
    "{scheme}://{name}:1",
    "{scheme}://{name}:{port}0",
    "{scheme}://{name}:0{port}",
    "{scheme}://localhost.:{port}",
    "{scheme}://[::1]:{port}",
    "{scheme}://127.0.0.2:{port}",
    "{scheme}://127.1:{port}",
    "{scheme}://2130706433:{port}",
    "{scheme}://0x7f000001:{port}",
    "{scheme}://{host}/",
    "{scheme}://{host}/c",
    "{scheme}://{host} ",
    " {scheme}://{host}",
    "{scheme}:/{host}",
    "{scheme}:{host}",
    "{SCHEME}://{host}",
    "{scheme}://{HOST}",
    "ws://{host}",
    "file://{host}",
    "{host}",
    "//{host}",
    "{scheme}://{host}, {scheme}://evil.example",
    "{scheme}://evil.example, {scheme}://{host}",
    "{scheme}://{host}\t",
    "{scheme}://xn--{name}:{port}",
    "{scheme}://xn--lcalhost-ngb:{port}",
    "{scheme}://l%6fcalhost:{port}",
    "{scheme}://loc\u0430lhost:{port}",
    "{scheme}://{host}%00",
    "{scheme}://{host}%0d%0a",
    "chrome-extension://{host}",
    "blob:{scheme}://{host}",
)


def hostile_origins(own: str) -> Iterator[str | None]:
    """Origins that are not `own`, near to it and far from it; None for no header at all."""
    scheme, _, host = own.partition("://")
    name, _, port = host.partition(":")
    port = port or {"http": "80", "https": "443"}[scheme]
    for origin in _HOSTILE:
        if origin is None:
            yield None
            continue
        written = origin.format(
            scheme=scheme,
            SCHEME=scheme.upper(),
            other={"http": "https", "https": "http"}[scheme],
            host=host,
            HOST=host.upper() if host.upper() != host else f"{host}.",
            name=name,
            port=port,
        )
        if written != own:
            yield written


@pytest.fixture(scope="module", params=["http://localhost", "https://chat.example.org"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, str, list[str]]]:
    """An application whose every view only notes that it was reached."""
    own = request.param
    settings = {"public_url": own} if own.startswith("https") else {}
    world = World(tmp_path_factory.mktemp("guarded"), **settings)
    reached: list[str] = []
    for endpoint in world.app.view_functions:
        world.app.view_functions[endpoint] = partial(_note, reached, endpoint)
    yield world, own, reached
    world.close()


def _note(reached: list[str], endpoint: str, **_arguments: object) -> str:
    reached.append(endpoint)
    return ""


def test_there_are_at_least_25_hostile_origins() -> None:
    assert len(set(hostile_origins("http://localhost:8000"))) >= 45


def test_no_order_from_another_site_reaches_anything(
    guarded: tuple[World, str, list[str]], routes: list[Route]
) -> None:
    world, own, reached = guarded
    reached.clear()
    orders = _some(own, [route for route in routes if route.method not in SAFE])
    ids = world.owner.ids | world.ended
    before = world.rows()

    for origin in hostile_origins(own):
        client = _as_owner(world, own, origin)
        for route in orders:
            response = ask(client, route, ids)
            assert response.status_code == 403, (str(route), origin)
    assert reached == []
    assert world.rows() == before

    client = _as_owner(world, own, own)
    for route in orders:  # the premise: from our own pages all of them arrive
        if "token" not in route.kinds:
            ask(client, route, ids)
    assert set(reached) == {route.endpoint for route in orders if "token" not in route.kinds}


def test_no_handshake_from_another_site_reaches_anything(
    guarded: tuple[World, str, list[str]], routes: list[Route]
) -> None:
    world, own, reached = guarded
    reached.clear()
    ids = world.owner.ids | world.ended
    handshake = {"Upgrade": "WebSocket", "Connection": "Upgrade"}
    asked = [route for route in routes if route.method == "GET"]
    handshakes = [route for route in asked if route.endpoint in STREAMS] + asked[::10]
    assert len(handshakes) > 6

    for origin in hostile_origins(own):
        client = _as_owner(world, own, origin)
        for route in handshakes:
            response = client.get(route.path(ids), headers=handshake)
            assert response.status_code == 403, (str(route), origin)
    assert reached == []


def _some(own: str, routes: list[Route]) -> list[Route]:
    """All routes, or a few where the origin is set: what is compared is the same for all."""
    assert len(routes) > 30
    return routes if own.startswith("http:") else routes[::10]


def _as_owner(world: World, own: str, origin: str | None) -> FlaskClient:
    client = world.client(None, origin=origin)
    name = "__Host-liaochat" if own.startswith("https") else "liaochat-80"
    client.set_cookie(name, world.owner.cookie)
    return client


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "Same-Origin", ""])
def test_other_sites_take_no_seats_at_event_streams(
    world: World, routes: list[Route], site: str
) -> None:
    for route in routes:
        if route.endpoint == "events.events":
            client = world.client(world.owner)
            response = client.get(route.path({}), headers={"Sec-Fetch-Site": site})
            assert response.status_code == 403


def test_a_real_handshake_is_refused_before_it_is_one(server: Server, browser: Browser) -> None:
    browser.connect().close()  # the premise

    for origin in hostile_origins(server.url):
        # A header's value has no blanks around it, whoever writes them.
        if origin is not None and origin.isascii() and origin.strip() != server.url:
            with pytest.raises(WebSocketBadStatusException, match="403"):
                browser.connect(origin=origin)


def test_looking_at_things_changes_nothing(world: World, routes: list[Route]) -> None:
    """Whatever a GET, HEAD or OPTIONS names and says: a page of another site can send it."""
    ids = world.owner.ids | world.ended
    client = world.client(world.owner, origin=None)

    for route in askable(routes):
        if route.method != "GET":
            continue
        for fields in fields_naming(ids, fields_in_no_table(world.app, route)):
            before = world.rows()
            for method in sorted(SAFE):
                path = route.path(ids)
                client.open(path, method=method, query_string=fields, buffered=True)
            assert world.rows() == before, f"{route} changes something"


def test_an_order_in_another_method_is_no_order(world: World, routes: list[Route]) -> None:
    """What takes POST takes nothing else, and a method override is none."""
    ids = world.owner.ids | world.ended
    client = world.client(world.owner)
    client.environ_base["HTTP_X_HTTP_METHOD_OVERRIDE"] = "POST"
    before = world.rows()

    for path in {route.path(ids) for route in askable(routes)}:
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "LINK"):
            response = client.open(path, method=method, data={"_method": "POST"})
            assert response.status_code in {404, 405}, (method, path)

    assert world.rows() == before
