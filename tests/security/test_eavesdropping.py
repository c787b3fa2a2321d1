"""A socket hears of its own user's conversation only, and of one at a time."""

from __future__ import annotations

from tests.security.asking import ask, askable, fields_naming, frames_naming
from tests.security.routes import SAFE, Route, frame_names
from tests.security.world import World
from tests.support.server import Browser, Server


def test_nobody_elses_page_hears_of_what_somebody_does(world: World, routes: list[Route]) -> None:
    owner, own = world.owner, world.owner.ids | world.ended
    orders = [route for route in askable(routes) if route.method not in SAFE]
    fields = next(fields_naming(owner.ids))
    seen = 0

    for order in [*orders, *frame_names()]:
        world.restore()
        with world.listening(owner) as heard, world.listening(world.mallory) as overheard:
            if isinstance(order, Route):
                ask(world.client(owner), order, own, fields)
            else:
                world.tell(owner, [next(iter(frames_naming(order, owner.ids, owner.ids)))])
            world.all_told()
            assert overheard == [], f"another page is told of {order}"
            seen += bool(heard)

    assert seen > 15  # the premise: one's own pages are told


def test_a_stranger_who_watches_hears_nothing_of_what_follows(
    server: Server, browser: Browser
) -> None:
    page = browser.open()
    page.send("#echo something private")
    page.wait("ended")
    with Browser(server, link=server.fresh_link("Eve")) as eve:
        listening = eve.open()
        listening.wait("lists")
        listening.frames.clear()
        listening.put(
            type="watch", conversation=page.conversation, last=page.answer.id, state="complete"
        )
        listening.wait("refused")

        page.send("#echo more of it")
        page.wait("ended")
        listening.put(type="nonsense")
        listening.wait("error")

        heard = [frame["type"] for frame in listening.frames]
        assert heard == ["refused", "error"]


def test_a_page_that_went_elsewhere_hears_no_more_of_the_answer_before(browser: Browser) -> None:
    quiet = browser.open()
    quiet.send("#echo over already")
    quiet.wait("ended")
    page = browser.open()
    page.send("#stall")
    page.wait_for_text("This is all that")
    stalled = page.answer.id

    page.put(type="watch", conversation=quiet.conversation, last=None, state=None)
    page.wait("messages", conversation=quiet.conversation)
    page.wait("menu", conversation=quiet.conversation)
    page.frames.clear()
    page.put(type="stop", message=stalled)
    page.wait("list")
    page.put(type="nonsense")
    page.wait("error")

    assert [frame["type"] for frame in page.frames] == ["list", "error"]
