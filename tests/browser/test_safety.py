"""Hundreds of texts that try to be more than text, in a real page: none is obeyed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.hostile import (
    Saying,
    expect_harmless,
    expect_harmless_file,
    expect_only_text,
)
from tests.browser.person import Person, Tab
from tests.browser.scripts import saying
from tests.security.listener import Listener
from tests.security.payloads import payloads, words
from tests.security.size import size
from tests.support.server import Server
from tests.upstream import Upstream

Meet = Callable[..., Person]

_PAYLOADS = size(540, 1_400)
_ANSWERS = size(3, 16)
_ROUNDS = size(1, 3)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    assert listener.count() == 0
    listener.close()


@pytest.fixture(scope="module")
def hostile_server(
    tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream, elsewhere: Listener
) -> Iterator[Server]:
    """A server with public links, whose models have hostile names."""
    folder = tmp_path_factory.mktemp("hostile")
    names = [name[:100].strip() for name in words(elsewhere.url) if name.isprintable()]
    entries = [f"[[models]]\nid = {json.dumps(one)}\n" for one in dict.fromkeys(["gpt-4", *names])]
    (folder / "models.toml").write_text("\n".join(entries), "utf-8")
    settings = {"public_sharing": "on", "models_file": str(folder / "models.toml")}
    with Server(folder / "data", {"liaobots_url": liaobots.url, **settings}) as running:
        yield running


@pytest.fixture
def tab(meet: Meet, hostile_server: Server, elsewhere: Listener) -> Tab:
    """A page of somebody with a hostile name."""
    name = words(elsewhere.url)[2][:80]
    return meet(hostile_server).sign_in(
        name=name, model="liaobots/gpt-4", auth_code="test-code-4321"
    )


@pytest.mark.parametrize("seed", range(_ROUNDS))
def test_nothing_that_an_answer_says_is_done(
    tab: Tab, meet: Meet, liaobots: Upstream, elsewhere: Listener, tmp_path: Path, *, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated
    sample = chance.sample(payloads(elsewhere.url), _PAYLOADS)
    for at in range(_ANSWERS):
        liaobots.enqueue(Saying(sample[at::_ANSWERS], chance))
        tab.ask("attack me")
        expect_only_text(tab)

    tab.page.reload()
    tab.expect_end()
    expect_only_text(tab)

    path = f"/c/{tab.conversation}"
    tab.page.goto(f"{path}/share")
    tab.page.get_by_label("Anybody with the link").check()
    tab.page.get_by_role("button", name="Make a link").click()
    address = tab.page.get_by_label("Link", exact=True).input_value()
    reader = meet(tab.person.server).open(address)
    reader.expect_end()
    expect_only_text(reader)

    exported = tmp_path / "exported.html"
    exported.write_bytes(tab.person.context.request.get(f"{path}/export.html").body())
    expect_harmless_file(tab.page, exported)


def test_nothing_that_a_person_writes_is_done(
    tab: Tab, liaobots: Upstream, elsewhere: Listener
) -> None:
    hostile = "\n\n".join(words(elsewhere.url)).replace("\0", "")
    liaobots.enqueue("default")

    tab.ask(hostile)

    expect_only_text(tab)
    assert "onerror" in tab.questions.locator(".message__body").inner_text()
    tab.page.reload()
    expect_only_text(tab)


def test_nothing_that_an_error_says_is_done(
    tab: Tab, liaobots: Upstream, elsewhere: Listener
) -> None:
    hostile = words(elsewhere.url)
    for part in (hostile[:3], hostile[-20:-10]):
        said = json.dumps({"message": " ".join(part)})
        liaobots.enqueue(lambda call, said=said: call.answer(said, 500, "No"))
        tab.ask("fail", state="failed")

    expect_only_text(tab)
    expect(tab.answers.first).to_contain_text("<script>")


def test_names_titles_and_files_are_text_wherever_they_stand(tab: Tab, elsewhere: Listener) -> None:
    hostile = words(elsewhere.url)
    imported = _import(tab.person, hostile)
    for name in hostile[::6]:
        _post(tab.person, "/folders", name=name)
        _post(tab.person, "/prompts", name=name, text=f"{name} {{{{{name[:30]}}}}}", shared="on")
        _post(tab.person, "/presets", name=name, text=name, model="liaobots/gpt-4", shared="on")
    tab.page.goto("/")
    tab.page.locator("input[type=file]").first.set_input_files(
        [
            {"name": name.replace("/", ":"), "mimeType": "text/plain", "buffer": name.encode()}
            for name in hostile[:9]
        ]
    )
    expect(tab.page.get_by_text("onerror").first).to_be_visible()
    expect_harmless(tab.page)

    places = ["/", "/conversations", "/prompts", "/prompts/new", "/presets/new", "/shared"]
    places += [imported, "/import", "/search?q=onerror", f"/search?q={hostile[3]}"]
    for place in places:
        tab.page.goto(place)
        expect_harmless(tab.page)
    tab.page.goto("/search?q=onerror")
    tab.page.get_by_role("main").get_by_role("link").first.click()
    expect(tab.page.get_by_role("heading", level=1)).to_be_visible()
    expect_only_text(tab)


def test_an_image_is_a_link_that_shows_its_whole_address_and_is_not_loaded(
    tab: Tab, liaobots: Upstream, elsewhere: Listener
) -> None:
    address = f"{elsewhere.url}/map.png?q=secret"
    liaobots.enqueue(saying(f"Look: ![a secret map]({address})"))

    tab.ask("show me")

    link = tab.words.get_by_role("link")
    expect(link).to_have_text(f"a secret map ({address})")
    expect(link).to_have_attribute("href", address)
    expect(tab.words.locator("img")).to_have_count(0)


def test_links_of_answers_tell_nobody_where_they_stood(tab: Tab, liaobots: Upstream) -> None:
    liaobots.enqueue(saying("A [link](https://example.org/) and <https://example.com/>."))

    tab.ask("links please")

    links = tab.words.get_by_role("link")
    expect(links).to_have_count(2)
    for link in links.all():
        relation = (link.get_attribute("rel") or "").split()
        assert {"noopener", "noreferrer"} <= set(relation)


def _import(person: Person, hostile: list[str]) -> str:
    """Import conversations with hostile titles, texts and models; return the report's address."""
    conversations = [
        {
            "id": f"c{at}",
            "title": title,
            "head": "a",
            "messages": [
                {"id": "q", "parent": None, "role": "user", "text": title},
                {"id": "a", "parent": "q", "role": "assistant", "model": title, "text": title},
            ],
        }
        for at, title in enumerate(hostile)
    ]
    document = {"format": "liaochat", "version": 2, "conversations": conversations}
    tab = person.open("/import")
    tab.page.get_by_label("File", exact=True).set_input_files(
        {
            "name": hostile[0].replace("/", ":"),
            "mimeType": "application/json",
            "buffer": json.dumps(document).encode(),
        }
    )
    tab.page.get_by_role("button", name="Look at it").click()
    expect(tab.page.get_by_role("heading", name="This will be imported")).to_be_visible()
    expect_harmless(tab.page)
    tab.page.get_by_role("button", name="Import").click()
    expect(tab.page.get_by_role("heading", name="Imported", exact=True)).to_be_visible()
    expect_harmless(tab.page)
    return tab.page.url


def _post(person: Person, path: str, **fields: str) -> None:
    origin = {"Origin": person.server.url}
    form = {name: value.replace("\0", "") for name, value in fields.items()}
    answer = person.context.request.post(path, form=form, headers=origin, max_redirects=0)
    assert answer.status in {303, 422}, answer.text()
