"""An OpenAI-compatible server on this machine: requests, answers, thoughts, failures."""

from __future__ import annotations

import base64
import dataclasses
import gc
import json
import tracemalloc
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import AUTH_CODE, GPT_4, PLAIN, Reading, question, read
from tests.upstream import Call, texts
from tests.upstream import upstream as start_upstream
from webapp import errors
from webapp.providers.base import AuthCode, Cancellation, Image, Parameters, Turn, Used
from webapp.providers.openai import OpenAI

if TYPE_CHECKING:
    from tests.upstream import Call


def test_the_request_is_the_one_that_the_api_knows(upstream, openai):
    read(openai, "Hello")

    received = upstream.received[0]
    assert (received.method, received.path) == ("POST", "/v1/chat/completions")
    assert received.body == {
        "model": "gpt-4",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert received.headers["content-type"] == "application/json"
    assert received.headers["authorization"] == f"Bearer {AUTH_CODE}"
    assert received.headers["accept-encoding"] == "identity"
    assert "x-auth-code" not in received.headers


def test_without_a_system_text_there_is_no_message_for_it(upstream, openai):
    read(openai, dataclasses.replace(question(), system=""))

    assert [turn["role"] for turn in upstream.received[0].messages] == ["user"]


def test_parameters_that_were_chosen_are_sent_and_no_others(upstream, openai):
    chosen = Parameters(temperature=0.0, max_tokens=50, reasoning_effort="low")

    read(openai, dataclasses.replace(question(), parameters=chosen))

    body = upstream.received[0].body
    assert {name: body.get(name) for name in ("temperature", "max_tokens", "reasoning_effort")} == {
        "temperature": 0.0,
        "max_tokens": 50,
        "reasoning_effort": "low",
    }
    assert body.keys().isdisjoint({"top_p", "seed"})


def test_images_go_along_as_data_of_their_message(upstream, openai):
    image = Image("image/png", b"\x89PNG picture")
    turns = (Turn("user", "What is it?", (image, image)), Turn("assistant", "A picture."))

    read(openai, dataclasses.replace(question(), turns=(*turns, Turn("user", "Sure?"))))

    data = base64.b64encode(image.content).decode()
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    assert upstream.received[0].messages[1:] == [
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, part, part]},
        {"role": "assistant", "content": "A picture."},
        {"role": "user", "content": "Sure?"},
    ]


def test_a_fixed_key_goes_before_the_question_s_own(upstream, make_openai):
    provider = make_openai(upstream.url, key=AuthCode("test-fixed-1234"))

    read(provider, "Hello")

    assert upstream.received[0].headers["authorization"] == "Bearer test-fixed-1234"


def test_without_any_key_none_is_sent(make_openai):
    with start_upstream(pace=0.001, keyless=True) as server:
        provider = make_openai(server.url, name="office")

        ended = read(provider, question("#echo hi", model=PLAIN, auth_code=None))

        assert ended.text == "#echo hi"
        assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize(
    ("scenario", "text"),
    [
        ("#default", texts.PARAGRAPHS),
        ("#echo data: and Error and {", "#echo data: and Error and {"),
        ("#document", texts.PARAGRAPHS),
        ("#scattered", texts.CHARACTERS),
        ("#halves", "🙂"),
        ("#sloppy", "One two."),
        ("#parts", "One two."),
        ("#no-done", "Complete."),
        ("#no-reason", "Complete."),
        ("#silent-close", "Complete, as far as can be known."),
        ("#finish:end_turn", "As far as it goes."),
    ],
)
def test_a_complete_answer_arrives_whole(openai, scenario, text):
    ended = read(openai, scenario)

    assert ended.error is None
    assert ended.text == text
    assert "" not in ended.pieces
    assert ended.hosts == []  # there is only one


@pytest.mark.parametrize(
    ("scenario", "thoughts", "text"),
    [
        ("#think", "Somebody asks. I answer.", texts.CHARACTERS),
        ("#think:reasoning", "Somebody asks. I answer.", texts.CHARACTERS),
        ("#document", "Hm.", texts.PARAGRAPHS),
        ("#parts", "Hm.", "One two."),
    ],
)
def test_thoughts_are_told_apart_from_the_answer(openai, scenario, thoughts, text):
    ended = read(openai, scenario)

    assert ended.error is None
    assert ended.thoughts == thoughts
    assert ended.text == text


@pytest.mark.parametrize(
    ("scenario", "used"),
    [
        ("#finish:stop one two", Used(3, 1)),
        ("#finish:length", Used(1, 1)),
        ("#document", Used(3, 5)),
        ("#usage-in-each", Used(7, 2)),
    ],
)
def test_the_tokens_that_were_counted_are_told_once_at_the_end(openai, scenario, used):
    ended = read(openai, scenario)

    assert ended.used == [used]
    assert ended.pieces[-1] == used


@pytest.mark.parametrize(
    ("scenario", "error", "sentence"),
    [
        ("#unauthorised", errors.AuthCodeRefused, "The auth code was refused."),
        ("#forbidden", errors.AuthCodeRefused, "The auth code was refused."),
        ("#no-credit", errors.CreditUsedUp, "No credit is left on this auth code."),
        ("#error-word:insufficient_quota,429", errors.CreditUsedUp, "No credit is left"),
        ("#rate-limit:20", errors.RateLimited, "Try again in 20 seconds."),
        ("#moved", errors.AddressWrong, "127.0.0.1 does not answer where it was asked."),
        ("#redirect:9,307", errors.AddressWrong, "127.0.0.1 does not answer where it was asked."),
        ("#no-model", errors.RequestRefused, 'refused the question: model "gpt-4" not found'),
        ("#refused", errors.RequestRefused, "maximum context length is 8192 tokens. Ask"),
        ("#status:413", errors.RequestRefused, "127.0.0.1 refused the question: HTTP 413."),
        ("#error-500", errors.ModelFailed, "The model failed: Rate limit reached for gpt-4. Try"),
        ("#error-json", errors.ModelFailed, "The model failed: The model is overloaded. Try"),
        ("#error-document", errors.ModelFailed, "The model failed: No such luck. Try"),
        ("#error-event:500", errors.ModelFailed, "The model failed: It went wrong. Try"),
        ("#error-event:429", errors.RateLimited, "Try again in a moment."),
        ("#error-event:402", errors.CreditUsedUp, "No credit is left"),
        ("#error-event:400", errors.RequestRefused, "refused the question: It went wrong."),
        ("#html", errors.WebPage, "127.0.0.1 answered with a page for a browser"),
        ("#html-403", errors.WebPage, "127.0.0.1 answered with a page for a browser"),
        ("#challenge:503", errors.HumanCheck, "127.0.0.1 wants to see a human first."),
        ("#challenge:200", errors.HumanCheck, "127.0.0.1 wants to see a human first."),
        ("#gibberish", errors.Unintelligible, "127.0.0.1 sent something that is no answer."),
        ("#rate-limit-body", errors.Unintelligible, "127.0.0.1 sent something that is no answer."),
        ("#empty", errors.EmptyAnswer, "127.0.0.1 answered with nothing."),
        ("#hang-up", errors.BrokenOff, "The connection to 127.0.0.1 broke off before the end."),
        ("#header-flood", errors.BrokenOff, "The connection to 127.0.0.1 broke off"),
    ],
)
def test_a_failure_says_what_happened_and_shows_no_text(openai, scenario, error, sentence):
    ended = read(openai, scenario)

    assert type(ended.error) is error
    assert sentence in str(ended.error)
    assert ended.pieces == []


@pytest.mark.parametrize(
    ("scenario", "error", "text"),
    [
        ("#finish:length", errors.OutOfTokens, "As far as it goes."),
        ("#finish:content_filter", errors.AnswerFiltered, "As far as it goes."),
        ("#finish:tool_calls", errors.AnswerEnded, "As far as it goes."),
        ("#finish:error", errors.ModelFailed, "As far as it goes."),
        ("#bare-end", errors.BrokenOff, "Is this complete?"),
        ("#cut", errors.BrokenOff, texts.PARAGRAPHS[:120]),
        ("#reset", errors.BrokenOff, texts.PARAGRAPHS[:120]),
        ("#short", errors.BrokenOff, "This was to be longer."),
        ("#bad-chunk", errors.BrokenOff, "The first chunk is fine. "),
        ("#error-event:402,text", errors.CreditUsedUp, "Some text. "),
        ("#error-event:500,text", errors.ModelFailed, "Some text. "),
        ("#bad-event", errors.Unintelligible, "Some text. "),
        ("#endless-event", errors.Unintelligible, ""),
        ("#endless-line", errors.BrokenOff, "One piece of text. "),
        ("#think-only", errors.EmptyAnswer, ""),
    ],
)
def test_what_had_come_before_a_failure_is_kept(openai, scenario, error, text):
    ended = read(openai, scenario)

    assert type(ended.error) is error
    assert ended.text == text


@pytest.mark.parametrize("end", [Call.reset, Call.end, lambda call: call.piece("data: {\n\n")])
def test_what_might_have_begun_a_tag_is_kept_where_an_answer_breaks_off(upstream, openai, end):
    def break_off(call: Call) -> None:
        call.start()
        call.say("<thi")
        end(call)

    upstream.enqueue(break_off)

    ended = read(openai, "Hello")

    assert ended.error is not None
    assert ended.text == "<thi"


def test_a_refusal_names_a_service_that_is_not_liaobots(upstream, make_openai):
    own = make_openai(upstream.url, name="office", title="Office")
    fixed = make_openai(upstream.url, name="office", title="Office", key=AuthCode("test-1234567"))

    not_allowed = (
        "127.0.0.1 refused the question: You are not allowed to sample from this model. "
        "Ask otherwise, or choose another model."
    )

    told = [
        [str(read(provider, question(scenario, model=PLAIN)).error) for provider in (own, fixed)]
        for scenario in ("#unauthorised", "#no-credit", "#forbidden-model")
    ]

    assert told == [
        [
            "Office refused the key. Enter another one.",
            "Office wants another key than this server has for it. Tell the owner of this server.",
        ],
        [
            "No credit is left on the key for Office. Top it up or enter another one.",
            "This server has no credit left with Office. Tell its owner, or choose another model.",
        ],
        [not_allowed, not_allowed],
    ]


def test_a_server_without_stream_options_is_asked_without_them_from_then_on(upstream, openai):
    ended = [read(openai, "#no-stream-options") for _ in range(2)]

    assert [one.text for one in ended] == ["Plainly."] * 2
    sent = ["stream_options" in received.body for received in upstream.received]
    assert sent == [True, False, False]


def test_a_model_with_another_name_for_the_limit_is_asked_by_that(upstream, openai):
    asked = dataclasses.replace(question("#other-limit"), parameters=Parameters(max_tokens=9))

    ended = [read(openai, asked) for _ in range(2)]

    assert [one.text for one in ended] == ["Briefly."] * 2
    names = ("max_tokens", "max_completion_tokens")
    sent = [[received.body.get(name) for name in names] for received in upstream.received]
    assert sent == [[9, None], [None, 9], [None, 9]]


def test_what_was_refused_for_another_reason_is_not_asked_again(upstream, openai):
    read(openai, "#refused")

    assert len(upstream.received) == 1


def test_an_answer_whose_end_is_not_told_ends_soon_after_its_last_word(
    upstream, make_openai, monkeypatch
):
    monkeypatch.setattr("webapp.providers.answering._LAST_WORDS", 0.2)
    provider = make_openai(upstream.url, read_timeout=60)

    ended = read(provider, "#linger")

    assert ended.error is None
    assert ended.text == "Complete."
    assert ended.seconds < 30


@pytest.mark.parametrize("limit", [1, 5, 11])
def test_an_answer_is_cut_at_the_limit(upstream, make_openai, limit):
    upstream.enqueue(lambda call: (call.start(), call.say("Hello world!"), call.over()))

    ended = read(make_openai(upstream.url, answer_limit=limit), "Hello")

    assert type(ended.error) is errors.AnswerTooLong
    assert ended.text == "Hello world!"[:limit]


def test_an_answer_of_exactly_the_limit_is_complete(upstream, make_openai):
    upstream.enqueue(lambda call: (call.start(), call.say("Hello world!"), call.over()))

    ended = read(make_openai(upstream.url, answer_limit=12), "Hello")

    assert ended.error is None
    assert ended.text == "Hello world!"


@pytest.mark.parametrize("scenario", ["#endless", "#endless-thought"])
def test_an_answer_over_the_limit_ends_the_connection(upstream, make_openai, scenario):
    ended = read(make_openai(upstream.url, answer_limit=1000), scenario)

    assert type(ended.error) is errors.AnswerTooLong
    assert len(ended.text) <= 1000
    assert len(ended.thoughts) <= 1000
    assert upstream.received[0].disconnected.wait(5)


def test_signs_of_life_alone_are_not_listened_to_for_ever(upstream, openai):
    ended = read(openai, "#endless-comment")

    assert type(ended.error) is errors.Unintelligible
    assert upstream.received[0].disconnected.wait(5)


def test_an_event_is_handed_on_before_its_line_ends(upstream, openai):
    begun: SimpleQueue[Reading] = SimpleQueue()

    def wait_for_each(call: Call) -> None:
        reading = begun.get(timeout=10)
        call.start()
        for word in ("one", "two", "three"):
            event = json.dumps({"choices": [{"delta": {"content": word}}]})
            call.piece(f"data: {event}")
            reading.wait_for_text(word)
            call.piece("\n\n")
        call.over()

    upstream.enqueue(wait_for_each)
    reading = Reading(openai, question())
    begun.put(reading)

    assert reading.join().text == "onetwothree"


def test_a_key_that_is_needed_and_missing_sends_nothing(upstream, openai):
    ended = read(openai, question(model=GPT_4, auth_code=None))

    assert type(ended.error) is errors.AuthCodeRefused
    assert upstream.connections == 0


@pytest.mark.parametrize(
    "address",
    ["ollama:11434", "http://user:pass@host/v1", "https://host/v1?key=x", "https://host\\@evil/v1"],
)
def test_an_address_that_parsers_could_read_differently_is_refused_and_not_shown(address):
    with pytest.raises(errors.ConfigurationError, match="The address of Office must be") as refused:
        OpenAI(
            ["https://first.example/v1", address],
            name="office",
            title="Office",
            connect_timeout=1,
            read_timeout=1,
            total_timeout=1,
            answer_limit=1,
        )

    assert address not in str(refused.value)


def test_heads_without_an_end_are_not_read_until_the_time_is_out(upstream, openai):
    head, sent = b"HTTP/1.1 100 Continue\r\n\r\n" * 500, 0

    def flood(call: Call) -> None:
        nonlocal sent
        while sent < 40_000_000:
            call.raw(head)
            sent += len(head)

    upstream.enqueue(flood)

    ended = read(openai, "Hello")

    assert type(ended.error) is errors.BrokenOff
    assert 0 < sent < 20_000_000  # what the kernel holds on the way is not ours


def test_an_answer_that_runs_does_not_keep_the_images_of_its_request(upstream, openai):
    image = Image("image/jpeg", bytes(6_000_000))
    turns = (Turn("user", "#slow:20,1", (image,)),)
    asked = dataclasses.replace(question(), turns=turns)
    tracemalloc.start()
    try:
        pieces = openai.stream(asked, Cancellation())
        next(pieces)
        upstream.received[0].body = {}  # the other side is in this process, too
        gc.collect()

        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most > 8_000_000  # as base64
    assert kept < 2_000_000
    pieces.close()
