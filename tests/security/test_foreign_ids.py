"""What is somebody else's answers like what is not there: every route, every frame, anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import pytest

from tests.security import things
from tests.security.asking import (
    ask,
    askable,
    comparable,
    fields_in_no_table,
    fields_naming,
    frames_naming,
    told,
    without_news,
)
from tests.security.person import Person
from tests.security.routes import SAFE, Route, frame_names
from tests.security.world import SECRET, Rows, World
from webapp.web.parts import PART

_FAILED = 400


@pytest.fixture
def fresh(world: World) -> Iterator[World]:
    world.restore()
    yield world
    world.restore()


@pytest.mark.parametrize("accept", ["text/html", PART])
def test_an_address_with_a_foreign_id_answers_like_one_with_an_unknown_id(
    fresh: World, routes: list[Route], accept: str
) -> None:
    naming = [route for route in askable(routes) if any(route.kinds.values())]
    assert len(naming) > 35
    own = next(fields_naming(fresh.mallory.ids))

    for who in (fresh.mallory, None):
        for route in naming:
            foreign, unknown = _answers(
                fresh,
                who,
                route,
                ids=[fresh.foreign, fresh.unknown],
                fields=[own, own],
                accept=accept,
            )
            assert foreign == unknown, f"{route} tells a foreign id from an unknown one"
            assert foreign[:1] != b"2" or route.endpoint in _LOOKS_NOTHING_UP, route


_LOOKS_NOTHING_UP = {
    "sign_in.confirm",  # its button does
    "pages.sent",  # 204, which is “nowhere”
}


def test_a_field_with_a_foreign_id_answers_like_one_with_an_unknown_id(
    fresh: World, routes: list[Route]
) -> None:
    own = fresh.mallory.ids | fresh.ended

    for route in askable(routes):
        others = fields_in_no_table(fresh.app, route)
        pairs = zip(
            fields_naming(fresh.foreign, others), fields_naming(fresh.unknown, others), strict=True
        )
        for pair in pairs:
            foreign, unknown = map(
                without_news,
                _answers(fresh, fresh.mallory, route, ids=[own, own], fields=pair),
            )
            assert foreign == unknown, f"{route} tells foreign ids from unknown ones: {pair}"


def _answers(
    world: World,
    who: Person | None,
    route: Route,
    *,
    ids: Sequence[Mapping[str, str]],
    fields: Sequence[Mapping[str, object]],
    accept: str = "text/html",
) -> list[bytes]:
    """Ask twice from the same beginning, and see that nobody else's rows are touched."""
    answers = []
    for one, said in zip(ids, fields, strict=True):
        world.restore()
        client = world.client(who)  # a new one, for some answers change the cookie
        client.environ_base["HTTP_ACCEPT"] = accept
        before = world.rows()
        response = ask(client, route, one, said)
        answer = told(response)
        assert SECRET.encode() not in answer, f"{route} tells what is another's"
        refused = response.status_code >= _FAILED
        _untouched(world, before, everything=refused or route.method in SAFE, asked=str(route))
        answers.append(comparable(answer, world.foreign, world.unknown))
    return answers


def _untouched(world: World, before: Rows, *, everything: bool, asked: str) -> None:
    after, theirs = world.rows(), {SECRET, *world.foreign.values()}
    for table, rows in before.items():
        changed = rows ^ after[table]
        if not everything:
            changed = {row for row in changed if any(one in repr(row) for one in theirs)}
        assert not changed, f"{asked} changed {table}"


@pytest.mark.parametrize("name", frame_names())
def test_a_frame_with_a_foreign_id_is_answered_like_one_with_an_unknown_id(
    fresh: World, name: str
) -> None:
    mallory = fresh.mallory
    pairs = zip(
        frames_naming(name, mallory.ids, fresh.foreign),
        frames_naming(name, mallory.ids, fresh.unknown),
        strict=True,
    )

    for frames in pairs:
        answers = []
        for frame in frames:
            fresh.restore()
            before = fresh.rows()
            heard = b"\n".join(fresh.tell(mallory, [frame]))
            assert SECRET.encode() not in heard, f"{frame} is told what is another's"
            _untouched(fresh, before, everything=False, asked=frame)
            answers.append(without_news(comparable(heard, fresh.foreign, fresh.unknown)))
        assert answers[0] == answers[1], f"{frames[0]} tells a foreign id from an unknown one"


@pytest.mark.parametrize("name", frame_names())
def test_a_frame_of_who_is_signed_out_does_nothing(fresh: World, name: str) -> None:
    gone = Person(fresh.owner.user, "", "0" * 64)
    before = fresh.rows()

    for frame in frames_naming(name, fresh.owner.ids, fresh.owner.ids):
        assert fresh.tell(gone, [frame]) == [b"closed 4401 You are signed out."]

    assert fresh.rows() == before


def test_every_frame_reaches_what_it_names_for_its_owner(fresh: World) -> None:
    """The premise of the tests above: the frames that they send would do something."""
    owner = fresh.owner

    for name in frame_names():
        fresh.restore()
        frame = json.loads(next(iter(frames_naming(name, owner.ids, owner.ids))))
        heard = b"\n".join(fresh.tell(owner, [json.dumps(frame)]))
        assert b"bad_command" not in heard, frame
        assert b"not_found" not in heard, frame


def test_an_argument_that_these_tests_do_not_know_is_asked_for() -> None:
    with pytest.raises(AssertionError, match="Add it to ARGUMENTS in tests/security"):
        things.kind_of("spaceships.launch", "spaceship_id")
