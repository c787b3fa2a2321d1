"""Who gets in without a session: nobody, but where that is meant."""

from __future__ import annotations

from tests.security.asking import ask, askable, fields_naming, told
from tests.security.routes import Route
from tests.security.things import STREAMS
from tests.security.world import SECRET, World
from webapp.web.security import PUBLIC

OPEN_TO_ALL = {
    "sign_in.confirm": "a link's page, before its button",
    "sign_in.sign_in": "the button, and a name with its password",
    "sign_in.form": "where these are written",
    "sign_in.sign_out": "nothing is left to do without a session",
    "invited.form": "an invitation, by its token",
    "invited.come_in": "the same, with a name and a password",
    "static_files.file": "scripts and styles, the same for all",
    "static_files.health": "whether the server runs",
    "diagnosis.arrival": "what the doctor asks: how a request arrived",
    "diagnosis.upgrade": "the same of a socket",
    "diagnosis.stream": "the same of a stream",
    "reading.page": "a shared conversation, by its token",
    "reading.older": "more of it",
    "reading.image": "an image of it",
    "reading.socket": "its news",
    "reading.events": "the same without a socket",
    "reading.frame": "the frames of that",
}
"""Why strangers may ask these. What is new here should be looked at twice."""


def test_what_is_open_to_all_is_meant_to_be() -> None:
    assert OPEN_TO_ALL.keys() == PUBLIC, (
        "Say in OPEN_TO_ALL in tests/security/test_doors.py why strangers may ask this, and see "
        "that it tells them nothing, whatever they know."
    )


def test_nobody_gets_in_without_a_session(world: World, routes: list[Route]) -> None:
    ids, before = world.owner.ids | world.ended, world.rows()
    stranger = world.client(None)

    for route in askable(routes):
        response = ask(stranger, route, ids, next(fields_naming(ids)))
        assert SECRET.encode() not in told(response), str(route)
        if route.endpoint not in OPEN_TO_ALL:
            assert response.status_code == 401, str(route)
            assert b"liaochat link" in response.data

    assert world.rows() == before


def test_nobody_gets_a_stream_without_a_session(world: World, routes: list[Route]) -> None:
    for route in routes:
        if route.endpoint in STREAMS - OPEN_TO_ALL.keys():
            assert world.client(None).get(route.path({})).status_code == 401


def test_a_cookie_that_was_never_given_opens_nothing(world: World, routes: list[Route]) -> None:
    ids = world.owner.ids | world.ended
    forged = ("", "x", world.owner.session_hash, world.owner.user.id, "A" * 43, "a" * 3000, "%00")

    for route in askable(routes):
        for cookie in forged if route.template == "/" else forged[2:4]:
            client = world.client(None)
            client.set_cookie("liaochat-80", cookie)
            if route.endpoint not in OPEN_TO_ALL:
                assert ask(client, route, ids).status_code == 401, str(route)
