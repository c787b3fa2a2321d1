"""What every answer tells browsers to leave, on every route, for whoever asks."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from tests.security.asking import ask, askable, fields_naming
from tests.security.routes import Route
from tests.security.world import World
from webapp.web.parts import PART

_STATIC = "static_files.file"
_PICTURES = {"image/png", "image/jpeg", "image/webp"}
"""What is made anew here from what people sent: pixels, and nothing that a browser runs."""
_NO_FILES = {_STATIC, "static_files.health", "diagnosis.arrival", "pages.sent"}


@pytest.mark.parametrize(
    ("who", "accept"),
    [("owner", "text/html"), ("owner", PART), ("mallory", "text/html"), ("nobody", "text/html")],
)
def test_every_answer_carries_the_headers_that_bind_browsers(
    world: World, routes: list[Route], who: str, accept: str
) -> None:
    ids = world.owner.ids | world.ended

    for route in askable(routes):
        world.restore()
        client = world.client(getattr(world, who, None))
        client.environ_base["HTTP_ACCEPT"] = accept
        response = ask(client, route, ids, next(fields_naming(ids)))
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';"), str(route)
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store", str(route)
        assert "Cookie" in response.headers["Vary"]
        assert _shows_as_a_page(route, response) != _is_saved(response), str(route)
    world.restore()


def _is_saved(response: TestResponse) -> bool:
    return response.headers.get("Content-Disposition", "").startswith("attachment;")


def _shows_as_a_page(route: Route, response: TestResponse) -> bool:
    """Tell whether an answer is one of our own pages or pictures; all else is to be saved."""
    if response.status_code != 200 or route.endpoint in _NO_FILES:
        return True
    if "image" in route.endpoint:
        return response.mimetype in _PICTURES
    if "export" in route.endpoint or "file" in route.template:
        return response.mimetype == PART or route.method != "GET"
    return response.mimetype == "text/html"


def test_static_files_are_kept_for_a_year_and_nothing_else_is(world: World) -> None:
    assets = world.application.services.assets
    client = world.client(None)

    kept = client.get(f"/static/{assets.digest}/css/app.css")

    assert "immutable" in kept.headers["Cache-Control"]
