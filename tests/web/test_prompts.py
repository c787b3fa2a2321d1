"""Templates and presets through the real server, as forms and as parts."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.support.server import Browser, Server

_HOSTILE = '"><img src=x onerror=alert(1)>&amp;'


@pytest.fixture(scope="module")
def server(fresh_server: Server) -> Server:
    """A server of their own: what is shared in these tests would be seen by all others."""
    return fresh_server


@pytest.fixture
def people(server: Server) -> Iterator[tuple[Browser, Browser]]:
    """Two people of one team, of whom nothing was known before."""
    with ExitStack() as stack:
        yield (
            stack.enter_context(Browser(server, link=server.link_of_a_newcomer())),
            stack.enter_context(Browser(server, link=server.link_of_a_newcomer())),
        )


@pytest.fixture
def ann(people: tuple[Browser, Browser]) -> Browser:
    return people[0]


@pytest.fixture
def bob(people: tuple[Browser, Browser]) -> Browser:
    return people[1]


def test_a_template_is_made_read_changed_and_deleted(ann: Browser) -> None:
    made = ann.post("/prompts", name="Translate", text="\n\nInto {{language}}:\n")
    address = _address(ann, "Translate")
    form = _fields(ann.get(address))

    assert made.url.endswith("/prompts")
    assert "Into {{language}}:" in ann.get("/prompts").text
    assert (form["name"], form["text"], form["shared"]) == (
        "Translate",
        "\n\nInto {{language}}:\n",
        "",
    )
    changed = ann.post(address, name="Translate!", text="new", seen=form["seen"], shared="on")
    assert changed.url.endswith("/prompts")
    form = _fields(ann.get(address))
    assert (form["name"], form["text"], form["shared"]) == ("Translate!", "new", "on")
    ann.post(f"{address}/delete", seen=form["seen"])
    assert ann.get(address).status_code == 404
    assert "Translate" not in ann.get("/prompts").text


def test_what_is_refused_comes_back_with_its_sentence(ann: Browser) -> None:
    ann.post("/prompts", name="Taken", text="text")

    for fields, sentence in (
        ({"name": " \u202e ", "text": "keep me"}, "nothing to be seen in this name"),
        ({"name": "Taken", "text": "keep me"}, "called “Taken” already"),
        ({"name": "Long", "text": "keep me" + "a" * 100_000}, "100,007 characters"),
        ({"name": "Empty", "text": " \n"}, "template is empty"),
        (
            {"name": "Many", "text": "keep me" + "".join(f"{{{{v{n}}}}}" for n in range(1000))},
            "1,000 different places",
        ),
    ):
        response = ann.post("/prompts", shared="on", **fields)

        assert response.status_code == 422
        assert sentence in html.unescape(response.text)
        form = _fields(response)
        assert (form["text"], form["shared"]) == (fields["text"], "on")
    assert "keep me" not in ann.get("/prompts").text


def test_names_and_texts_are_shown_as_text(ann: Browser, bob: Browser) -> None:
    ann.post("/prompts", name=_HOSTILE, text=f"{_HOSTILE} {{{{name}}}}\x00", shared="on")
    ann.post("/presets", name=_HOSTILE, text=_HOSTILE, shared="on", model="liaobots/gpt-4")
    address = _address(ann, _HOSTILE)
    preset = _address(ann, _HOSTILE, kind="presets")

    for page in (
        ann.get("/prompts"),
        ann.get(address),
        bob.get(address),
        ann.get(preset),
        bob.get(preset),
        ann.get("/"),
        bob.get(f"/prompts/new?from={address.rpartition('/')[2]}"),
        _part(bob, "/prompts/menu?q="),
        _part(bob, address),
        ann.post("/prompts", name=_HOSTILE, text="other"),
    ):
        assert "<img" not in page.text
        assert "&lt;img src=x onerror=alert(1)&gt;&amp;amp;" in page.text, page.url
        assert "\x00" not in page.text


def test_a_name_of_10000_characters_is_cut_where_it_still_can_be_read(ann: Browser) -> None:
    ann.post("/prompts", name="W" * 10_000, text="text")

    address = _address(ann, "W" * 79 + "…")
    assert _fields(ann.get(address))["text"] == "text"


def test_the_team_sees_what_is_shared_and_nothing_else(ann: Browser, bob: Browser) -> None:
    secret = f"secret {uuid.uuid4()}"
    ann.post("/prompts", name=secret, text="text")
    private = _address(ann, secret)
    ann.post("/presets", name=secret, text="", model="liaobots/gpt-4")
    private_preset = _address(ann, secret, kind="presets")
    known = f"known {uuid.uuid4()}"
    ann.post("/prompts", name=known, text="the text of it", shared="on")
    shared = _address(ann, known)

    assert known in bob.get("/prompts").text
    assert known in _part(bob, f"/prompts/menu?q={known[:12]}").text
    assert "the text of it" in bob.get(shared).text
    assert "<form" not in bob.get(shared).text
    for page in (
        bob.get("/prompts"),
        bob.get("/"),
        _part(bob, "/prompts/menu?q=secret"),
    ):
        assert secret not in page.text
    seen = _fields(ann.get(private))["seen"]
    for address in (private, private_preset):
        nowhere = re.sub(r"[0-9a-f]{32}", "0" * 32, address)
        kind = address.partition("/")[2].partition("/")[0]
        one = address.rpartition("/")[2]
        for path in ("{}", "{}/delete", "{}/use"):
            if path.endswith("use") and kind == "prompts":
                continue
            fields = {"name": "x", "text": "x", "model": "liaobots/gpt-4", "seen": seen}
            foreign = bob.post(path.format(address), **fields)
            unknown = bob.post(path.format(nowhere), **fields)
            assert foreign.status_code == unknown.status_code == 404
            assert foreign.text == unknown.text
        assert bob.get(address).status_code == 404
        assert bob.get(f"/{kind}/new?from={one}").status_code == 404
    assert bob.get(f"/?preset={private_preset.rpartition('/')[2]}").status_code == 404
    assert _fields(ann.get(private))["text"] == "text"


def test_what_others_share_can_only_be_copied(ann: Browser, bob: Browser) -> None:
    name = f"shared {uuid.uuid4()}"
    ann.post("/prompts", name=name, text="hers", shared="on")
    hers = _address(ann, name)
    seen = _fields(ann.get(hers))["seen"]

    assert bob.post(hers, name=name, text="his", seen=seen).status_code == 404
    assert bob.post(f"{hers}/delete", seen=seen).status_code == 404
    copy = _fields(bob.get(f"/prompts/new?from={hers.rpartition('/')[2]}"))
    bob.post("/prompts", name=copy["name"], text=copy["text"] + " and his")

    assert _fields(ann.get(hers))["text"] == "hers"
    his = next(one for one in _links(bob) if one != hers and _named(bob, one) == name)
    assert _fields(bob.get(his))["text"] == "hers and his"


def test_of_two_edits_at_once_the_second_sees_the_first(ann: Browser) -> None:
    ann.post("/prompts", name="Both", text="before")
    address = _address(ann, "Both")
    seen = _fields(ann.get(address))["seen"]
    ann.post(address, name="Both", text="the first", seen=seen)

    late = ann.post(address, name="Both", text="the second", seen=seen)

    assert late.status_code == 409
    assert "was changed elsewhere" in late.text
    assert "the first" in late.text
    form = _fields(late)
    assert form["text"] == "the second"
    assert ann.post(f"{address}/delete", seen=seen).status_code == 409
    assert _fields(ann.get(address))["text"] == "the first"
    ann.post(address, name="Both", text=form["text"], seen=form["seen"])
    assert _fields(ann.get(address))["text"] == "the second"


def test_what_was_written_into_a_deleted_template_can_be_kept_anew(ann: Browser) -> None:
    ann.post("/prompts", name="Gone", text="before")
    address = _address(ann, "Gone")
    seen = _fields(ann.get(address))["seen"]
    ann.post(f"{address}/delete", seen=seen)

    late = ann.post(address, name="Gone", text="much work", seen=seen)

    assert late.status_code == 404
    assert 'action="/prompts"' in late.text
    assert _fields(late)["text"] == "much work"


def test_the_menu_offers_names_with_the_words_and_not_too_many(ann: Browser) -> None:
    for number in range(25):
        ann.post("/prompts", name=f"Report {number:02}", text=f"First line {number}\nsecond")
    ann.post("/prompts", name="A letter", text="Dear")

    some = _part(ann, "/prompts/menu?q=REPORT%200").text
    all_ = _part(ann, "/prompts/menu?q=").text
    none = _part(ann, f"/prompts/menu?q={'%25' * 80}").text

    assert re.findall(r"Report \d\d", some) == [f"Report {number:02}" for number in range(10)]
    assert "First line 3" in some
    assert "second" not in some
    assert 'role="listbox"' in all_
    assert all_.count('role="option"') == 20
    assert 'role="option"' not in none
    assert ann.get("/prompts/menu?q=x").url.endswith("/prompts")


def test_a_template_to_be_filled_in_comes_in_pieces(ann: Browser) -> None:
    ann.post("/prompts", name="Pieces", text="  {{a}} & {{ b }}{{a}}\n{{no.name}} ")

    part = _part(ann, _address(ann, "Pieces")).text

    text = re.search(r"data-text[^>]*>(.*?)</div>", part, re.DOTALL)
    assert text is not None
    assert html.unescape(re.sub(r"<[^>]*>", "", text[1])) == (
        "  {{a}} & {{ b }}{{a}}\n{{no.name}} "
    )
    assert re.findall(r'data-place="(\w+)"', part) == ["a", "b", "a"]
    assert re.findall(r'data-variable="(\w+)"', part) == ["a", "b"]


def test_a_preset_begins_a_chat_with_its_model(ann: Browser) -> None:
    ann.post("/presets", name="Poet", text="Answer in verse.", model="liaobots/gpt-4")
    address = _address(ann, "Poet", kind="presets")

    chat = ann.post(f"{address}/use")

    assert chat.url.endswith(f"/?preset={address.rpartition('/')[2]}")
    assert '<option value="liaobots/gpt-4" selected>' in chat.text
    assert re.findall(r'name="system"[^>]*>\n(.*?)</textarea>', chat.text) == ["Answer in verse."]
    assert "Poet" in ann.get("/").text


def test_a_conversation_becomes_a_preset(ann: Browser, bob: Browser) -> None:
    ann.use("liaobots/gpt-4", "test-1234567890")
    page = ann.open()
    page.put(
        type="send",
        client_id=str(uuid.uuid4()),
        conversation=None,
        parent=None,
        text="#echo in verse",
        system="Answer in verse.",
    )
    page.wait("ended", state="complete")
    ann.use("liaobots/gpt-3.5-turbo")

    form = _fields(ann.get(f"/c/{page.conversation}/preset"))

    assert (form["name"], form["text"], form["model"]) == ("", "Answer in verse.", "liaobots/gpt-4")
    assert f"/c/{page.conversation}/preset" in ann.get(f"/c/{page.conversation}").text
    assert bob.get(f"/c/{page.conversation}/preset").status_code == 404


def test_a_preset_is_changed_and_deleted(ann: Browser) -> None:
    ann.post("/presets", name="Poet", text="", model="liaobots/gpt-4")
    address = _address(ann, "Poet", kind="presets")
    form = _fields(ann.get(address))

    late = {"name": "Poet", "text": "late", "model": form["model"], "seen": form["seen"]}
    ann.post(address, **{**late, "text": "In prose."})
    refused = ann.post(address, **late)

    assert refused.status_code == 409
    assert "In prose." in refused.text
    assert ann.post(f"{address}/delete", seen=form["seen"]).status_code == 409
    form = _fields(ann.get(address))
    assert (form["text"], form["model"]) == ("In prose.", "liaobots/gpt-4")
    ann.post(f"{address}/delete", seen=form["seen"])
    assert ann.get(address).status_code == 404


def test_a_preset_needs_a_model_that_is_there(ann: Browser) -> None:
    response = ann.post("/presets", name="Poet", text="keep me", model="liaobots/none")

    assert response.status_code == 422
    assert "not offered any more" in response.text
    assert _fields(response)["text"] == "keep me"
    assert "keep me" not in ann.get("/prompts").text


def _part(browser: Browser, path: str) -> requests.Response:
    response = browser.http.get(
        browser.server.url + path, headers={"Accept": "text/vnd.liaochat"}, timeout=20
    )
    assert response.status_code == 200, response.text
    return response


def _links(browser: Browser, *, kind: str = "prompts") -> list[str]:
    """The addresses of what the page lists."""
    return re.findall(rf'href="(/{kind}/[0-9a-f]{{32}})"', browser.get("/prompts").text)


def _named(browser: Browser, address: str) -> str:
    page = html.unescape(browser.get("/prompts").text)
    found = re.search(rf'href="{address}"><bdi class="kept__name">(.*?)</bdi>', page)
    assert found
    return found[1]


def _address(browser: Browser, name: str, *, kind: str = "prompts") -> str:
    (address,) = (one for one in _links(browser, kind=kind) if _named(browser, one) == name)
    return address


def _fields(page: requests.Response) -> dict[str, str]:
    """What the form on a page holds."""
    text = page.text
    found = {
        name: re.search(pattern, text, re.DOTALL)
        for name, pattern in {
            "name": r'name="name"[^>]*? value="([^"]*)"',
            "text": r'<textarea[^>]*name="text"[^>]*>\n(.*?)</textarea>',
            "seen": r'name="seen" value="([^"]*)"',
            "shared": r'name="shared"( checked)?>',
            "model": r'<option value="([^"]*)" selected>',
        }.items()
    }
    fields = {name: html.unescape(one[1] or "") if one else "" for name, one in found.items()}
    return {**fields, "shared": "on" if fields["shared"] else ""}
