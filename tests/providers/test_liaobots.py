"""The classic Liaobots against a real server on this machine: requests, answers, failures."""

from __future__ import annotations

import json
import uuid
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import AUTH_CODE, GPT_4, Reading, question, read
from tests.support.timing import in_time
from tests.upstream import texts
from webapp import errors
from webapp.providers.base import AuthCode, Question, Turn

if TYPE_CHECKING:
    from tests.upstream import Call


def test_the_request_is_the_one_that_the_classic_server_knows(upstream, liaobots):
    read(liaobots, "Hello")

    received = upstream.received[0]
    assert received.path == "/api/chat"
    assert received.body == {
        "conversationId": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "model": {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000},
        "messages": [{"role": "user", "content": "Hello"}],
        "key": "",
        "prompt": "Be brief.",
    }
    assert received.headers["content-type"] == "application/json"
    assert received.headers["authority"] == f"127.0.0.1:{upstream.port}"
    assert received.headers["origin"] == upstream.url
    assert received.headers["referer"] == f"{upstream.url}/"
    assert received.headers["user-agent"].startswith("Mozilla/5.0 ")
    assert received.headers["x-auth-code"] == AUTH_CODE
    assert received.headers["accept-encoding"] == "identity"


def test_the_later_request_names_the_model_in_a_list(upstream, make_liaobots):
    read(make_liaobots(upstream.url, request_shape="models"), "Hello")

    body = upstream.received[0].body
    assert body["models"] == [{"modelId": "gpt-4", "provider": "OpenAI"}]
    assert body["search"] == "false"
    assert "model" not in body


def test_turns_are_sent_from_oldest_to_newest(upstream, liaobots):
    turns = (Turn("user", "one"), Turn("assistant", "two"), Turn("user", "three"))

    read(liaobots, Question("", GPT_4, "", turns, AuthCode(AUTH_CODE)))

    assert [turn["content"] for turn in upstream.received[0].messages] == ["one", "two", "three"]
    assert [turn["role"] for turn in upstream.received[0].messages] == ["user", "assistant", "user"]


def test_a_conversation_without_a_uuid_is_given_a_fresh_one(upstream, liaobots):
    for _ in range(2):
        read(liaobots, Question("c42", GPT_4, "", (Turn("user", "Hi"),), AuthCode(AUTH_CODE)))

    sent = [received.body["conversationId"] for received in upstream.received]
    assert [uuid.UUID(text).version for text in sent] == [4, 4]
    assert sent[0] != sent[1]


def test_a_lone_surrogate_in_a_message_does_not_break_the_request(upstream, liaobots):
    ended = read(liaobots, "half \ud83d")

    assert ended.error is None
    assert upstream.received[0].last_message == "half \ud83d"


@pytest.mark.parametrize(
    ("scenario", "text"),
    [
        ("#default", texts.PARAGRAPHS),
        ("#sse", texts.PARAGRAPHS),
        ("#data-lines", texts.PARAGRAPHS),
        ("#split-characters", texts.CHARACTERS),
        ("#silent-close", "Complete, as far as can be known."),
        ("#echo data: and Error and {", "#echo data: and Error and {"),
        ("#invalid-utf8", "one \ufffd two \ufffd( three \ufffd four \ufffd five"),
    ],
)
def test_a_complete_answer_arrives_whole(liaobots, scenario, text):
    ended = read(liaobots, scenario)

    assert ended.error is None
    assert ended.text == text
    assert "" not in ended.pieces


@pytest.mark.parametrize(
    ("scenario", "error", "sentence"),
    [
        ("#unauthorised", errors.AuthCodeRefused, "The auth code was refused."),
        ("#forbidden", errors.AuthCodeRefused, "The auth code was refused."),
        ("#no-credit", errors.CreditUsedUp, "No credit is left"),
        ("#sse-error:402", errors.CreditUsedUp, "No credit is left"),
        ("#sse-error:401", errors.AuthCodeRefused, "The auth code was refused."),
        ("#sse-error:500", errors.ModelFailed, "The model failed: Insufficient balance."),
        ("#rate-limit:20", errors.RateLimited, "Try again in 20 seconds."),
        ("#rate-limit:600", errors.RateLimited, "Try again in 10 minutes."),
        ("#rate-limit:soon", errors.RateLimited, "Try again in a moment."),
        ("#rate-limit-body", errors.RateLimited, "Try again in a moment."),
        ("#moved", errors.HostMoved, "127.0.0.1 is not where Liaobots answers any more."),
        ("#gone", errors.HostMoved, "127.0.0.1 is not where Liaobots answers any more."),
        ("#error-500", errors.ModelFailed, "The model failed: Rate limit reached for gpt-4. Try"),
        ("#error-json", errors.ModelFailed, "The model failed: The model is overloaded. Try"),
        ("#error-body", errors.ModelFailed, "The model failed: it gave no reason."),
        ("#html", errors.HumanCheck, "127.0.0.1 wants to see a human first."),
        ("#html-403", errors.HumanCheck, "127.0.0.1 wants to see a human first."),
        ("#empty", errors.EmptyAnswer, "127.0.0.1 answered with nothing."),
        ("#hang-up", errors.BrokenOff, "The connection to 127.0.0.1 broke off before the end."),
        (
            "#header-flood",
            errors.BrokenOff,
            "The connection to 127.0.0.1 broke off before the end.",
        ),
    ],
)
def test_a_failure_says_what_happened_and_shows_no_text(liaobots, scenario, error, sentence):
    ended = read(liaobots, scenario)

    assert type(ended.error) is error
    assert sentence in str(ended.error)
    assert ended.pieces == []


@pytest.mark.parametrize(
    ("scenario", "error", "text"),
    [
        ("#cut", errors.BrokenOff, texts.PARAGRAPHS[:120]),
        ("#reset", errors.BrokenOff, texts.PARAGRAPHS[:120]),
        ("#short", errors.BrokenOff, "This was to be longer."),
        ("#bad-chunk", errors.BrokenOff, "The first chunk is fine. "),
        ("#cut-in-character", errors.BrokenOff, "The end is "),
        ("#sse-error:402,text", errors.CreditUsedUp, "Some text. "),
        ("#sse-error:404,text", errors.ModelFailed, "Some text. "),
        ("#endless-line", errors.BrokenOff, "One piece of text. "),
        ("#endless-event", errors.BrokenOff, ""),
    ],
)
def test_what_had_come_before_a_failure_is_kept(liaobots, scenario, error, text):
    ended = read(liaobots, scenario)

    assert type(ended.error) is error
    assert ended.text == text


def test_a_date_in_retry_after_is_understood(upstream, make_liaobots):
    provider = make_liaobots(upstream.url, now=lambda: 1_445_412_450)
    upstream.enqueue(
        lambda call: call.answer(
            "", 429, "Too Many Requests", [("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")]
        )
    )

    ended = read(provider, "Hello")

    assert ended.error.values["wait"] == "in 30 seconds"
    in_time(ended.seconds, 1)


def test_a_reason_phrase_is_one_short_printable_line(upstream, liaobots):
    upstream.enqueue(
        lambda call: call.answer("Error", 500, "Лимит\x1b[31m \x00 " + "x" * 500 + ".")
    )

    reason = read(liaobots, "Hello").error.values["reason"]

    assert reason.startswith("Лимит [31m x")
    assert reason.endswith("x…")
    assert len(reason) == 200
    assert reason.isprintable()


def test_an_error_whose_body_stalls_is_told_without_waiting_for_it(upstream, make_liaobots):
    provider = make_liaobots(upstream.url, read_timeout=60)

    def stall_in_body(call: Call) -> None:
        call.start(401, "Unauthorized")
        call.stall()

    upstream.enqueue(stall_in_body)

    ended = read(provider, "Hello")

    assert type(ended.error) is errors.AuthCodeRefused
    in_time(ended.seconds, 1)


@pytest.mark.parametrize("limit", [1, 5, 11])
def test_an_answer_is_cut_at_the_limit(upstream, make_liaobots, limit):
    upstream.enqueue(lambda call: call.answer("Hello world!"))

    ended = read(make_liaobots(upstream.url, answer_limit=limit), "Hello")

    assert type(ended.error) is errors.AnswerTooLong
    assert ended.text == "Hello world!"[:limit]


def test_an_answer_of_exactly_the_limit_is_complete(upstream, make_liaobots):
    upstream.enqueue(lambda call: call.answer("Hello world!"))

    ended = read(make_liaobots(upstream.url, answer_limit=12), "Hello")

    assert ended.error is None
    assert ended.text == "Hello world!"


def test_an_answer_over_the_limit_ends_the_connection(upstream, make_liaobots):
    ended = read(make_liaobots(upstream.url, answer_limit=1000), "#endless")

    assert len(ended.text) == 1000
    assert upstream.received[0].disconnected.wait(1)


def test_each_piece_is_handed_on_before_the_next_is_sent(upstream, liaobots):
    pieces = ["E", "r", "r", "ors are ", "<", "data", ": ", "é", "🙂", "!"]
    begun: SimpleQueue[Reading] = SimpleQueue()
    held = {"E", "r"}  # these could still become `Error`

    def wait_for_each(call: Call) -> None:
        reading = begun.get(timeout=10)
        call.start()
        for piece in pieces:
            call.piece(piece)
            if piece not in held:
                reading.wait_for_text(piece)
        call.end()

    upstream.enqueue(wait_for_each)
    reading = Reading(liaobots, question())
    begun.put(reading)

    assert reading.join().text == "".join(pieces)


def test_pieces_of_a_body_without_chunks_are_handed_on_too(upstream, liaobots):
    begun: SimpleQueue[Reading] = SimpleQueue()

    def wait_for_each(call: Call) -> None:
        reading = begun.get(timeout=10)
        call.start(framing="close")
        for piece in ("one", "two", "three"):
            call.piece(piece)
            reading.wait_for_text(piece)

    upstream.enqueue(wait_for_each)
    reading = Reading(liaobots, question())
    begun.put(reading)

    assert reading.join().text == "onetwothree"


def test_an_event_is_handed_on_before_its_line_ends(upstream, liaobots):
    begun: SimpleQueue[Reading] = SimpleQueue()

    def wait_for_each(call: Call) -> None:
        reading = begun.get(timeout=10)
        call.start()
        for word in ("one", "two", "three"):
            call.piece(f"data: {json.dumps({'content': word})}")
            reading.wait_for_text(word)
            call.piece("\n\n")
        call.end()

    upstream.enqueue(wait_for_each)
    reading = Reading(liaobots, question())
    begun.put(reading)

    assert reading.join().text == "onetwothree"


def test_characters_may_be_split_at_every_byte(upstream, liaobots):
    whole = texts.CHARACTERS.encode()

    for cut in range(1, len(whole)):

        def in_two(call: Call, cut: int = cut) -> None:
            call.start()
            call.piece(whole[:cut])
            call.piece(whole[cut:])
            call.end()

        upstream.enqueue(in_two)
        assert read(liaobots, "Hello").text == texts.CHARACTERS


@pytest.mark.parametrize("framing", ["chunked", "10000"])
def test_every_cut_is_told_and_keeps_a_true_beginning(upstream, liaobots, framing):
    whole = (texts.CHARACTERS * 2).encode()

    for cut in range(1, len(whole), 3):

        def cut_off(call: Call, cut: int = cut) -> None:
            call.start(framing=framing)
            call.piece(whole[:cut])

        upstream.enqueue(cut_off)
        ended = read(liaobots, "Hello")
        assert type(ended.error) is errors.BrokenOff
        assert ended.text == whole[:cut].decode(errors="ignore")


@pytest.mark.parametrize(
    "address",
    [
        "liaobots.com",
        "ftp://liaobots.com",
        "https://",
        "https://user:pass@liaobots.com",
        "https://liaobots.com?x=1",
        "https://liaobots.com#x",
        "https://liaobots.com\\@evil.example",
        "https://liaobots.com:99999",
        "https://liaobots.com:0",
        "https://liaobots.com/\r\nX: 1",
        "https://liaobots.com/%2e%2e",
        " https://liaobots.com",
    ],
)
def test_an_address_that_parsers_could_read_differently_is_refused(make_liaobots, address):
    with pytest.raises(errors.ConfigurationError, match="LIAOCHAT_LIAOBOTS_URL"):
        make_liaobots(address)


def test_an_address_may_have_a_path_and_a_slash_at_its_end(upstream, make_liaobots):
    read(make_liaobots(f"{upstream.url}/relay/"), "Hello")

    assert upstream.received[0].path == "/relay/api/chat"
    assert upstream.received[0].headers["origin"] == upstream.url
