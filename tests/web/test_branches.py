"""Branches of a conversation and its shelves, through the real server."""

from __future__ import annotations

import re
import uuid

import requests

from tests.support.page import Page
from tests.support.server import Browser
from tests.upstream import Upstream


def test_regenerate_makes_a_second_answer_beside_the_first(
    browser: Browser, liaobots: Upstream
) -> None:
    page = _asked(browser, "#echo once more")
    first = page.answer.id

    client_id = str(uuid.uuid4())
    page.put(type="regenerate", client_id=client_id, message=first)
    page.wait("accepted", client_id=client_id)
    page.wait("ended", state="complete")

    assert page.answer.id != first
    assert page.text() == "#echo once more"
    assert len(page.articles) == 2
    assert liaobots.received[-1].messages == [{"role": "user", "content": "#echo once more"}]
    page.put(type="show", message=first)
    page.wait("messages")
    assert page.answer.id == first


def test_regenerate_twice_under_one_id_is_paid_once(browser: Browser, liaobots: Upstream) -> None:
    page = _asked(browser, f"#echo {uuid.uuid4()}")
    question = liaobots.received[-1].last_message
    client_id = str(uuid.uuid4())
    first = page.answer.id

    for _ in range(2):
        page.put(type="regenerate", client_id=client_id, message=first)
    page.wait("accepted", client_id=client_id)
    page.wait("accepted", client_id=client_id)
    while page.answer.state == "running":
        page.read(10)

    assert sum(call.last_message == question for call in liaobots.received) == 2


def test_an_edited_question_stands_beside_the_old_one(browser: Browser, liaobots: Upstream) -> None:
    page = _asked(browser, "#echo first")
    old = page.articles[0].id
    page.send("#echo second")
    page.wait("ended")

    page.put(type="edit", client_id=str(uuid.uuid4()), message=old, text="#echo otherwise")
    page.wait("ended", state="complete")

    assert page.text() == "#echo otherwise"
    assert len(page.articles) == 2
    assert len(liaobots.received[-1].messages) == 1
    page.put(type="show", message=old)
    page.wait("messages")
    assert page.articles[0].id == old
    assert len(page.articles) == 4


def test_continue_goes_on_from_the_text_that_was_stopped(
    browser: Browser, liaobots: Upstream
) -> None:
    page = browser.open()
    page.send("#stall")
    page.wait_for_text("This is all that")
    page.stop()
    page.wait("ended", state="stopped")
    stopped = page.answer.id

    def the_rest(call):
        call.start()
        call.piece("had come.")
        call.end()

    liaobots.enqueue(the_rest)
    page.put(type="continue", client_id=str(uuid.uuid4()), message=stopped)
    page.wait("ended", state="complete")

    assert page.answer.id != stopped
    assert page.text() == "This is all that had come."
    assert [turn["role"] for turn in liaobots.received[-1].messages] == [
        "user",
        "assistant",
        "user",
    ]
    assert browser.open(page.conversation).wait("messages")["html"][-1].count("had come.") == 1


def test_an_answer_that_is_whole_cannot_be_continued(browser: Browser) -> None:
    page = _asked(browser, "#echo whole")

    page.put(type="continue", client_id=str(uuid.uuid4()), message=page.answer.id)

    assert page.wait("refused")["code"] == "bad_command"


def test_delete_takes_what_follows_in_every_tab(browser: Browser) -> None:
    page = _asked(browser, "#echo first")
    page.send("#echo second")
    page.wait("ended")
    other = browser.open(page.conversation)
    other.wait("messages")

    page.delete(page.articles[2].id)
    page.wait("messages")
    other.wait("messages")

    assert len(page.articles) == len(other.articles) == 2
    page.send("#echo third")
    page.wait("ended", state="complete")
    assert page.text() == "#echo third"


def test_a_stale_tab_does_not_delete_what_it_has_not_seen(browser: Browser) -> None:
    page = _asked(browser, "#echo first")
    stale = browser.open(page.conversation)
    stale.wait("messages")
    page.send("#echo second")
    page.wait("ended")
    assert len(stale.articles) == 2  # what came since waits to be read

    stale.delete(stale.articles[0].id)
    refusal = stale.wait("refused")

    assert refusal["code"] == "went_on"
    assert refusal["text"].startswith("Nothing was deleted")
    stale.wait("messages")
    assert [one.id for one in stale.articles] == [one.id for one in page.articles]
    stale.delete(stale.articles[0].id)
    page.wait("messages", html=[])


def test_a_stale_form_does_not_delete_what_it_has_not_seen(browser: Browser) -> None:
    page = _asked(browser, "#echo first")
    question, seen = page.articles[0].id, page.answer.id
    page.send("#echo second")
    page.wait("ended")
    address = f"/messages/{question}/delete"

    refusal = browser.post(address, last=seen)
    nothing_seen = browser.post(address)

    assert refusal.status_code == 409
    assert "this conversation went on elsewhere" in refusal.text
    assert nothing_seen.status_code == 400
    drawn = browser.get(f"/c/{page.conversation}").text
    last = set(re.findall(r'name="last" value="([0-9a-f]{32})"', drawn))
    assert last == {page.answer.id}
    assert browser.post(address, last=page.answer.id).status_code == 200
    assert question not in browser.get(f"/c/{page.conversation}").text


def test_a_version_that_the_page_does_not_show_is_not_deleted_unseen(browser: Browser) -> None:
    page = _asked(browser, "#echo first")
    question, first = page.articles[0].id, page.answer.id
    page.put(type="regenerate", client_id=str(uuid.uuid4()), message=first)
    page.wait("ended")

    page.put(type="delete", message=question, last=first)

    assert page.wait("refused")["code"] == "went_on"


def test_a_command_about_what_is_gone_says_so_and_changes_nothing(browser: Browser) -> None:
    page = _asked(browser, "#echo first")
    page.send("#echo second")
    page.wait("ended")
    gone = page.articles[2].id
    page.delete(gone)
    page.wait("messages")
    left = [one.id for one in page.articles]

    for command in ("regenerate", "edit", "continue", "show"):
        page.put(type=command, message=gone, client_id=str(uuid.uuid4()), text="#echo otherwise")
        refusal = page.wait("refused")
        assert refusal["code"] == "not_found", command
        assert "It may have been deleted" in refusal["text"]
    page.put(type="delete", message=gone, last=page.answer.id)
    assert page.wait("refused")["code"] == "not_found"

    assert [one.id for one in page.articles] == left


def test_a_conversation_of_which_all_was_deleted_can_go_on(browser: Browser) -> None:
    page = _asked(browser, "#echo first")

    page.delete(page.articles[0].id)
    page.wait("messages", html=[])
    assert browser.get(f"/c/{page.conversation}").status_code == 200

    page.send("#echo again")
    page.wait("ended", state="complete")
    assert page.text() == "#echo again"


def test_nothing_is_deleted_while_an_answer_runs(browser: Browser) -> None:
    page = browser.open()
    page.send("#stall")
    page.wait_for_text("This is all that")

    page.delete(page.articles[0].id)

    assert page.wait("refused")["code"] == "already_answering"
    page.stop()
    page.wait("ended")


def test_a_branch_is_a_conversation_of_its_own(browser: Browser) -> None:
    page = _asked(browser, "#echo first")
    page.send("#echo second")
    page.wait("ended")

    response = browser.post(f"/messages/{page.articles[1].id}/branch")
    copy = browser.open(response.url.rpartition("/")[2])
    copy.wait("messages")
    copy.send("#echo elsewhere")
    copy.wait("ended", state="complete")

    assert copy.conversation != page.conversation
    assert len(copy.articles) == 4
    assert copy.text() == "#echo elsewhere"
    assert len(browser.open(page.conversation).wait("messages")["html"]) == 4


def test_a_conversation_moves_between_its_shelves(browser: Browser) -> None:
    page = _asked(browser, "#echo put me away")
    path = f"/c/{page.conversation}"

    def entry() -> str | None:
        html: str | None = page.wait("list", conversation=page.conversation)["html"]
        return html

    _drain(page)
    browser.post(f"{path}/rename", title="  A better\n name ")
    assert "A better name" in (entry() or "")
    browser.post(f"{path}/pin")
    assert 'data-group="pinned"' in (entry() or "")
    browser.post(f"{path}/archive")
    assert entry() is None
    assert "A better name" in browser.get("/conversations?in=archived").text
    browser.post(f"{path}/trash")
    assert "A better name" in browser.get("/conversations?in=trashed").text
    assert "A better name" not in browser.get("/conversations?in=archived").text
    browser.post(f"{path}/restore")
    browser.post(f"{path}/unarchive")
    assert "A better name" in browser.get("/").text
    assert browser.post(f"{path}/delete").status_code == 404
    browser.post(f"{path}/trash")
    browser.post(f"{path}/delete")
    assert browser.get(path).status_code == 404


def test_an_empty_title_is_refused(browser: Browser) -> None:
    page = _asked(browser, "#echo keep my name")

    assert browser.post(f"/c/{page.conversation}/rename", title=" \n ").status_code == 422
    assert "keep my name" in browser.get(f"/c/{page.conversation}").text


def test_a_conversation_can_be_taken_away(browser: Browser) -> None:
    page = _asked(browser, "#echo ../../etc: take “me” away")
    page.put(type="regenerate", client_id=str(uuid.uuid4()), message=page.answer.id)
    page.wait("ended")

    markdown = browser.get(f"/c/{page.conversation}/export.md")
    exported = browser.get(f"/c/{page.conversation}/export.json")

    assert markdown.text.count("take “me” away") == 3
    assert "## GPT-4" in markdown.text or "## gpt-4" in markdown.text
    assert _name(markdown).endswith(".md")
    assert "/" not in _name(markdown)
    tree = exported.json()
    assert (tree["format"], tree["version"]) == ("liaochat", 4)
    (conversation,) = tree["conversations"]
    assert len(conversation["messages"]) == 3
    assert conversation["head"] == page.answer.id
    assert all(
        message["parent"] in {None, *(one["id"] for one in conversation["messages"][:at])}
        for at, message in enumerate(conversation["messages"])
    )


def _asked(browser: Browser, text: str) -> Page:
    page = browser.open()
    page.send(text)
    page.wait("ended", state="complete")
    return page


def _drain(page: Page) -> None:
    while page.read(0.3) is not None:
        pass


def _name(response: requests.Response) -> str:
    return response.headers["Content-Disposition"].partition("filename=")[2].strip('"')
