"""Asking and being answered, as a person sees it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import Person, Tab
from tests.browser.scripts import Gate, in_two_halves, saying
from tests.support.server import Server
from tests.upstream import Upstream, texts

Meet = Callable[..., Person]


def test_the_model_on_this_machine_answers_live_and_formatted(meet: Meet) -> None:
    tab = meet().sign_in()
    tab.choose("SmolLM2")

    tab.send("Count from one to ten.")
    lengths = [0]
    while tab.answer.get_attribute("data-state") != "complete":
        lengths.append(len(tab.text()))

    assert len(set(lengths)) > 3
    assert lengths == sorted(lengths)
    expect(tab.words.locator(".block > :is(p, ol, ul, pre)").first).to_be_visible()
    expect(tab.answer).to_contain_text("SmolLM2")


def test_an_answer_grows_while_it_comes_and_is_formatted_at_once(
    tab: Tab, liaobots: Upstream
) -> None:
    gate = Gate()
    liaobots.enqueue(in_two_halves("This is **bold", gate, "** at last."))

    tab.send("tell me")

    expect(tab.words.locator("strong")).to_have_text("bold")
    expect(tab.stop_button).to_be_visible()
    expect(tab.send_button).to_be_hidden()
    gate.open()
    tab.expect_end()
    expect(tab.words).to_have_text("This is bold at last.")
    expect(tab.send_button).to_be_visible()


def test_stop_ends_the_answer_and_keeps_its_text(tab: Tab, liaobots: Upstream) -> None:
    tab.send("#stall")
    expect(tab.words).to_contain_text("This is all that")
    received = liaobots.received[-1]

    tab.stop_button.click()

    tab.expect_end("stopped")
    assert received.disconnected.wait(5)
    expect(tab.stop_button).to_be_hidden()
    expect(tab.words).to_contain_text("This is all that")
    expect(tab.answer).to_contain_text("Stopped.")
    expect(tab.status).to_have_text("Answer stopped")
    expect(tab.message).to_be_focused()


def test_a_reload_in_mid_answer_shows_what_came_and_goes_on(tab: Tab, liaobots: Upstream) -> None:
    gate = Gate()
    liaobots.enqueue(in_two_halves("first half", gate, ", second half"))
    tab.send("tell me")
    expect(tab.words).to_have_text("first half")

    tab.page.reload()
    expect(tab.words).to_have_text("first half")
    gate.open()
    tab.expect_end()

    assert tab.text() == "first half, second half"
    expect(tab.questions).to_have_text(re.compile("tell me"))


def test_an_answer_goes_on_when_its_tab_is_closed(tab: Tab, liaobots: Upstream) -> None:
    gate = Gate()
    liaobots.enqueue(in_two_halves("first half", gate, ", second half"))
    tab.send("tell me")
    expect(tab.words).to_have_text("first half")
    address = tab.page.url

    tab.page.close()
    gate.open()
    again = tab.person.open(address)

    again.expect_end()
    assert again.text() == "first half, second half"


def test_a_conversation_is_in_the_list_and_opens_from_there(tab: Tab) -> None:
    tab.ask("#echo Why is the sky blue?")
    entry = tab.conversations.locator(f"[data-conversation='{tab.conversation}']")
    expect(entry).to_have_text("#echo Why is the sky blue?")
    expect(tab.page).to_have_title("#echo Why is the sky blue? · Liaochat")

    tab.conversations.get_by_role("link", name="New chat").click()
    expect(tab.articles).to_have_count(0)
    entry.get_by_role("link").click()

    expect(tab.words).to_have_text("#echo Why is the sky blue?")
    expect(entry.get_by_role("link")).to_have_attribute("aria-current", "page")


def test_an_entry_of_the_list_shows_that_an_answer_is_under_way(
    tab: Tab, liaobots: Upstream
) -> None:
    gate = Gate()
    liaobots.enqueue(in_two_halves("first half", gate, ", second half"))
    other = tab.person.open()

    tab.send("a question of its own")
    entry = other.conversations.locator(f"[data-conversation='{tab.conversation}']")

    expect(entry.get_by_role("link")).to_have_accessible_name("Answering: a question of its own")
    gate.open()
    expect(entry.get_by_role("link")).to_have_accessible_name("a question of its own")


def test_two_tabs_see_each_others_messages(tab: Tab) -> None:
    tab.ask("#echo one")
    other = tab.person.open(tab.page.url)
    expect(other.answers).to_have_count(1)

    other.ask("#echo two")
    expect(tab.answers).to_have_count(2)
    tab.expect_end()
    tab.ask("#echo three")
    expect(other.answers).to_have_count(3)
    other.expect_end()

    said = [f"#echo {word}" for word in ("one", "one", "two", "two", "three", "three")]
    expect(tab.log.locator(".message__body")).to_have_text(said)
    expect(other.log.locator(".message__body")).to_have_text(said)


def test_a_double_click_on_send_sends_once_and_stops_nothing(tab: Tab, liaobots: Upstream) -> None:
    gate = Gate()
    liaobots.enqueue(in_two_halves("first half", gate, ", second half"))
    calls = len(liaobots.received)
    tab.message.fill("just once")
    box = tab.send_button.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    tab.page.mouse.click(x, y)
    expect(tab.stop_button).to_be_visible()
    tab.page.mouse.down(click_count=2)
    tab.page.mouse.up(click_count=2)
    gate.open()
    tab.expect_end()

    expect(tab.questions).to_have_count(1)
    assert tab.text() == "first half, second half"
    assert len(liaobots.received) == calls + 1


def test_enter_pressed_twice_sends_once(tab: Tab, liaobots: Upstream) -> None:
    calls = len(liaobots.received)
    tab.message.fill("#echo just once")

    tab.message.press("Enter")
    tab.message.press("Enter")
    tab.expect_end()

    expect(tab.questions).to_have_count(1)
    assert len(liaobots.received) == calls + 1


def test_what_is_written_during_an_answer_stays_in_the_box(tab: Tab, liaobots: Upstream) -> None:
    gate = Gate()
    liaobots.enqueue(in_two_halves("first half", gate, ", second half"))
    tab.send("tell me")
    expect(tab.words).to_have_text("first half")

    tab.message.fill("the next question")
    tab.message.press("Enter")
    gate.open()
    tab.expect_end()

    expect(tab.questions).to_have_count(1)
    expect(tab.message).to_have_value("the next question")


def test_the_reader_stays_where_they_scrolled_to(tab: Tab, liaobots: Upstream) -> None:
    gate = Gate()
    long = "\n\n".join(f"Paragraph number {number}." for number in range(60))
    liaobots.enqueue(in_two_halves(long, gate, f"\n\n{long}\n\nThe end."))
    tab.send("tell me")
    expect(tab.words).to_contain_text("Paragraph number 59.")
    expect(tab.words.get_by_text("Paragraph number 59.")).to_be_in_viewport()

    tab.log.hover()
    tab.page.mouse.wheel(0, -600)
    expect(tab.jump).to_be_visible()
    before = tab.log.evaluate("log => log.scrollTop")
    gate.open()
    tab.expect_end()

    assert tab.log.evaluate("log => log.scrollTop") == before
    tab.jump.click()
    expect(tab.words.get_by_text("The end.")).to_be_in_viewport()
    expect(tab.jump).to_be_hidden()


def test_a_failure_of_each_kind_says_its_sentence_in_the_transcript(tab: Tab) -> None:
    host = "127.0.0.1"
    sentences = {
        "#unauthorised": "The auth code was refused. Enter another one.",
        "#no-credit": "No credit is left on this auth code. Top it up or enter another one.",
        "#rate-limit:20": f"{host} asks for fewer requests. Try again in 20 seconds.",
        "#moved": f"{host} is not where Liaobots answers any more. "
        "The owner should correct LIAOCHAT_LIAOBOTS_URL.",
        "#error-json": "The model failed: The model is overloaded. "
        "Try again or choose another model.",
        "#html": f"{host} wants to see a human first. Open it once in your browser, "
        "then try again.",
        "#empty": f"{host} answered with nothing. Try again.",
        "#cut": f"The connection to {host} broke off",
    }
    read = {}

    for scenario in sentences:
        ended = tab.answers.locator(".message__end")
        tab.send(scenario)
        expect(ended).to_have_count(len(read) + 1)
        read[scenario] = ended.last.inner_text()

    beginnings = {scenario: text[: len(sentences[scenario])] for scenario, text in read.items()}
    assert beginnings == sentences
    expect(tab.status).to_have_text("The answer broke off")


def test_a_long_document_streamed_is_the_same_as_when_it_is_loaded(tab: Tab) -> None:
    tab.ask("#long:2")
    for text in ("Section 2", "greet", "GPT-3.5", "The roots of"):
        expect(tab.words).to_contain_text(text)
    expect(tab.words.locator("math, table, pre, blockquote, ol")).to_have_count(18)
    streamed = _html(tab)

    tab.page.reload()
    tab.expect_end()

    assert streamed == _html(tab)


def test_an_answer_is_patched_and_not_drawn_anew(tab: Tab, liaobots: Upstream) -> None:
    gate = Gate()
    liaobots.enqueue(in_two_halves("The first paragraph.\n\nThe second", gate, " and more."))
    tab.send("tell me")
    first = tab.words.get_by_text("The first paragraph.")
    expect(tab.words).to_contain_text("The second")
    first.evaluate("node => { node.marked = true; getSelection().selectAllChildren(node); }")

    gate.open()
    tab.expect_end()

    assert first.evaluate("node => node.marked === true")
    assert tab.page.evaluate("() => getSelection().toString()") == "The first paragraph."


def test_the_status_says_that_it_answers_and_that_it_ended_and_never_the_words(tab: Tab) -> None:
    tab.status.evaluate(
        """region => {
          globalThis.said = [];
          new MutationObserver(() => said.push(region.textContent))
            .observe(region, { childList: true, characterData: true, subtree: true });
        }"""
    )

    tab.ask("#default")

    assert tab.page.evaluate("() => said") == ["Answering", "Answer finished"]
    expect(tab.log).to_have_attribute("aria-live", "off")


def test_copy_takes_the_code_alone(meet: Meet) -> None:
    person = meet(permissions=["clipboard-read", "clipboard-write"])
    tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    tab.ask("#code")
    code = texts.CODE.split("```")[1].removeprefix("python\n").rstrip()

    button = tab.words.locator("button").first
    expect(button).to_have_accessible_name("Copy")
    button.click()

    expect(button).to_have_text("Copied")
    assert tab.page.evaluate("() => navigator.clipboard.readText()") == code
    expect(tab.status).to_have_text("Copied")


def test_copy_takes_the_answer(meet: Meet, liaobots: Upstream) -> None:
    person = meet(permissions=["clipboard-read", "clipboard-write"])
    tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    liaobots.enqueue(saying("One **bold** word.\n\nAnother paragraph."))
    tab.ask("tell me")

    tab.answer.get_by_role("button", name="Copy").click()

    expect(tab.status).to_have_text("Copied")
    copied = tab.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "One bold word.\n\nAnother paragraph."


def test_copy_takes_also_what_is_far_out_of_sight(meet: Meet, liaobots: Upstream) -> None:
    person = meet(permissions=["clipboard-read", "clipboard-write"])
    tab = person.sign_in(model="liaobots/gpt-4", auth_code="test-code-4321")
    paragraphs = [f"Paragraph {number} of many. " + "It goes on. " * 9 for number in range(100)]
    liaobots.enqueue(saying("\n\n".join(paragraphs)))
    tab.ask("tell me")
    tab.page.reload()

    tab.answer.get_by_role("button", name="Copy").click()

    expect(tab.status).to_have_text("Copied")
    copied = tab.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "\n\n".join(one.strip() for one in paragraphs)


def test_an_example_of_a_new_chat_becomes_the_draft(tab: Tab) -> None:
    example = tab.log.get_by_role("button").first
    words = example.inner_text()

    example.click()

    expect(tab.message).to_have_value(words)
    expect(tab.message).to_be_focused()


def test_without_scripts_one_can_sign_in_choose_ask_and_read_the_answer(
    meet: Meet, server: Server
) -> None:
    tab = meet(java_script_enabled=False).open(server.fresh_link())

    tab.page.get_by_role("button", name="Sign in").click()
    tab.model.select_option("liaobots/gpt-4")
    tab.page.get_by_role("button", name="Choose").click()
    tab.auth_code.click()
    tab.code_field.fill("test-code-4321")
    tab.panel.get_by_role("button", name="Save").click()
    expect(tab.auth_code).to_have_accessible_name("Auth code (set)")
    tab.message.fill("#echo without a script")
    tab.send_button.click()

    expect(tab.words).to_have_text("#echo without a script")
    tab.page.reload()
    tab.expect_end()
    expect(tab.words).to_have_text("#echo without a script")


def _html(tab: Tab) -> str:
    """The messages as the document holds them, but for marks and ids that each drawing has new.

    What stands there for browsers without script comes with a page that is loaded alone.
    """
    html: str = tab.log.evaluate(
        "log => [...log.querySelectorAll('.message')].map(one => one.outerHTML).join('')"
    )
    html = re.sub(r"<noscript>.*?</noscript>", "", html, flags=re.DOTALL)
    html = re.sub(r' data-g(="")?|(?<=name="client_id" )value="[^"]*"', "", html)
    return re.sub(r">\s+<", "><", html)
