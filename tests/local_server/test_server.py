"""The server over real HTTP, with a provider that plays a script."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, IncompleteRead
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.local_server.conftest import CODE
from tests.support.providers import ScriptedProvider
from webapp.errors import LocalModelFailed, LocalModelTooLarge, QuestionTooLong
from webapp.local_server.server import ModelServer

_HELLO = [{"role": "user", "content": "Hello"}]
_CHAT = {"model": {"id": "heron"}, "messages": _HELLO}
_COMPLETION = {"model": "heron", "messages": _HELLO}
_CLASSIC, _OPENAI = "/api/chat", "/v1/chat/completions"


def _post(server: ModelServer, path: str, body: object, **headers: str) -> requests.Response:
    return requests.post(server.url + path, json=body, headers=headers, timeout=10)


@contextmanager
def _connected(server: ModelServer) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", urlsplit(server.url).port, timeout=10)) as connection:
        yield connection


@contextmanager
def _asking(server: ModelServer) -> Iterator[Any]:
    """Ask, and have the answer as it comes."""
    with _connected(server) as connection:
        connection.request("POST", _CLASSIC, json.dumps(_CHAT))
        yield connection.getresponse()


def _raw(server: ModelServer, request: bytes) -> bytes:
    """Send bytes as they are, and read until the server hangs up."""
    answer = b""
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=10) as wire:
        wire.sendall(request)
        while read := wire.recv(65_536):
            answer += read
    return answer


def test_a_classic_answer_comes_piece_by_piece_and_without_a_content_type(
    server: ModelServer, provider: ScriptedProvider
) -> None:
    gate = threading.Event()
    provider.enqueue(["Grü", gate, "ße"])

    with _asking(server) as answer:
        first = answer.read1()
        gate.set()
        rest = answer.read()

    assert (first, rest) == ("Grü".encode(), "ße".encode())
    assert "content-type" not in {name.lower() for name, _ in answer.getheaders()}
    assert provider.questions[0].model.id == "heron"


def test_openais_answer_comes_as_events_or_as_one_document(
    server: ModelServer, provider: ScriptedProvider
) -> None:
    provider.enqueue(["a", "b"])
    provider.enqueue(["a", "b"])

    events = _post(server, _OPENAI, {**_COMPLETION, "stream": True})
    whole = _post(server, _OPENAI, _COMPLETION)

    assert events.headers["content-type"].startswith("text/event-stream")
    assert events.text.count("data: ") == 4
    assert whole.json()["choices"][0]["message"]["content"] == "ab"


def test_what_there_is_is_listed_in_both_dialects(server: ModelServer) -> None:
    def listed(path: str) -> Any:
        return requests.get(server.url + path, timeout=10).json()

    assert listed("/v1/models")["data"][0]["id"] == "heron"
    assert listed("/v1/models/heron")["context_length"] == 4096
    assert listed("/v1/models/gpt-4")["error"]["code"] == "model_not_found"
    assert listed("/api/v1/credits")["data"]["balance"] > 0
    assert _post(server, "/api/models", {}).json()[0]["id"] == "heron"
    assert _post(server, "/api/user", {}).json()["balance"] > 0
    assert "POST /api/chat" in requests.get(server.url, timeout=10).text


def test_without_the_code_nothing_is_answered(
    serve: Callable[..., ModelServer], provider: ScriptedProvider
) -> None:
    server = serve(code=CODE)

    refused = [
        _post(server, _CLASSIC, _CHAT),
        _post(server, _CLASSIC, _CHAT, **{"x-auth-code": "test-another"}),
        _post(server, _CLASSIC, _CHAT, **{"x-auth-code": f"{CODE}ä"}),
        _post(server, "/api/models", {}),
        _post(server, "/api/user", {"authcode": "test-another"}),
        _post(server, _OPENAI, _COMPLETION, Authorization="Bearer test-another"),
        _post(server, _OPENAI, _COMPLETION, Authorization=CODE),
        requests.get(f"{server.url}/v1/models", timeout=10),
        requests.get(f"{server.url}/api/v1/credits", timeout=10),
    ]

    assert [one.status_code for one in refused] == [401] * 9
    assert refused[0].json() == {"message": "401 Unauthorized"}
    assert refused[5].json()["error"]["code"] == "invalid_api_key"
    assert provider.questions == []


def test_the_code_is_taken_where_each_dialect_has_it(
    serve: Callable[..., ModelServer], provider: ScriptedProvider
) -> None:
    server = serve(code=CODE)
    for _ in range(2):
        provider.enqueue(["yes"])

    answered = [
        _post(server, _CLASSIC, _CHAT, **{"x-auth-code": CODE}),
        _post(server, _OPENAI, _COMPLETION, Authorization=f"Bearer {CODE}"),
        _post(server, "/api/models", {}, **{"x-auth-code": CODE}),
        _post(server, "/api/user", {"authcode": CODE}),
    ]

    assert [one.status_code for one in answered] == [200] * 4


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "models.example.org"},
        {"Host": "127.0.0.1.example.org:80"},
        {"Host": "["},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
    ],
)
def test_without_a_code_pages_from_elsewhere_may_not_ask(
    server: ModelServer, provider: ScriptedProvider, headers: dict[str, str]
) -> None:
    answered = _post(server, _CLASSIC, _CHAT, **headers)

    assert answered.status_code == 403
    assert provider.questions == []


def test_the_origin_that_a_classic_client_sends_is_the_servers_own(
    server: ModelServer, provider: ScriptedProvider
) -> None:
    provider.enqueue(["yes"])

    assert _post(server, _CLASSIC, _CHAT, Origin=server.url).text == "yes"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\n", b"411"),
        (b"POST /api/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", b"411"),
        (b"POST /api/chat HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n", b"411"),
        (b"POST /api/chat HTTP/1.1\r\nContent-Length: -1\r\n", b"413"),
        (b"POST /api/chat HTTP/1.1\r\nContent-Length: 4194305\r\n", b"413"),
        (b"GET /api/chat HTTP/1.1\r\n", b"405"),
        (b"GET //[ HTTP/1.1\r\n", b"404"),
        (b"DELETE /v1/models HTTP/1.1\r\n", b"501"),
        (b"GET / HTTP/9.9\r\n", b"505"),
        (b"GET / nonsense\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200, b"431"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n", b"414"),
    ],
)
def test_a_request_that_cannot_be_served_is_told_so_in_json(
    server: ModelServer, head: bytes, status: bytes
) -> None:
    answer = _raw(server, head + b"\r\n")

    assert answer.split(b" ", 2)[1] == status
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert body.get("message") or body["error"]["message"]


def test_a_body_that_is_refused_unread_does_not_hide_the_reason(server: ModelServer) -> None:
    answered = requests.post(server.url + _OPENAI, data=b"x" * 6_000_000, timeout=10)

    assert answered.status_code == 413
    assert "4194304 bytes at most" in answered.json()["error"]["message"]


def test_one_connection_brings_many_requests(
    server: ModelServer, provider: ScriptedProvider
) -> None:
    provider.enqueue(["one"])
    provider.enqueue(["two"])
    texts = []

    with _connected(server) as connection:
        for _ in range(2):
            connection.request("POST", _CLASSIC, json.dumps(_CHAT))
            texts.append(connection.getresponse().read())

    assert texts == [b"one", b"two"]


def test_an_old_client_gets_the_bare_text(server: ModelServer, provider: ScriptedProvider) -> None:
    provider.enqueue(["a", "b"])
    body = json.dumps(_CHAT).encode()

    answer = _raw(
        server, b"POST /api/chat HTTP/1.0\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )

    head, _, text = answer.partition(b"\r\n\r\n")
    assert text == b"ab"
    assert b"chunked" not in head.lower()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (LocalModelFailed(reason="it did not start"), 500, "local_model_failed"),
        (LocalModelTooLarge(model="Grüner Reiher"), 500, "local_model_too_large"),
        (QuestionTooLong(model="Heron"), 400, "context_length_exceeded"),
        (RuntimeError("a mistake of ours"), 500, None),
    ],
)
def test_a_failure_before_the_first_word_is_told_as_each_dialect_does(
    server: ModelServer,
    provider: ScriptedProvider,
    error: Exception,
    status: int,
    code: str | None,
) -> None:
    for _ in range(3):
        provider.enqueue([error])

    classic = _post(server, _CLASSIC, _CHAT)
    answers = [_post(server, _OPENAI, {**_COMPLETION, "stream": one}) for one in (True, False)]

    assert {one.status_code for one in (classic, *answers)} == {status}
    assert [one.json()["error"]["code"] for one in answers] == [code] * 2
    if status == 500:
        assert classic.text == "Error"
        said = classic.reason.encode("latin-1").decode()
        assert said == answers[0].json()["error"]["message"]
    else:
        assert "too long for Heron" in classic.json()["message"]
    assert "a mistake of ours" not in classic.reason


def test_an_answer_that_breaks_off_is_not_ended_as_if_it_were_whole(
    server: ModelServer, provider: ScriptedProvider
) -> None:
    provider.enqueue(["a", LocalModelFailed(reason="it ended")])

    with _asking(server) as answer, pytest.raises(IncompleteRead) as cut:
        answer.read()

    assert cut.value.partial == b"a"


def test_an_empty_answer_is_an_answer(server: ModelServer, provider: ScriptedProvider) -> None:
    provider.enqueue([])

    answered = _post(server, _CLASSIC, _CHAT)

    assert (answered.status_code, answered.text) == (200, "")


def test_a_reader_who_goes_ends_the_answer(server: ModelServer, provider: ScriptedProvider) -> None:
    provider.enqueue(["a", threading.Event()])

    with _asking(server) as answer:
        answer.read1()

    provider.wait_left()


def test_a_reader_who_goes_before_the_first_word_ends_the_answer(
    server: ModelServer, provider: ScriptedProvider
) -> None:
    provider.enqueue([threading.Event()])
    with _connected(server) as connection:
        connection.request("POST", _CLASSIC, json.dumps(_CHAT))
        provider.wait_begun()

    provider.wait_left()


def test_more_answers_than_there_is_room_for_are_asked_to_come_again(
    server: ModelServer, provider: ScriptedProvider
) -> None:
    gates = [threading.Event() for _ in range(16)]
    for gate in gates:
        provider.enqueue([gate, "done"])
    threads = [
        threading.Thread(target=_post, args=(server, _CLASSIC, _CHAT), name=f"asking {n}")
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    provider.wait_begun(16)

    classic, openai = _post(server, _CLASSIC, _CHAT), _post(server, _OPENAI, _COMPLETION)

    for gate in gates:
        gate.set()
    for thread in threads:
        thread.join(10)
    assert (classic.status_code, classic.text) == (429, "Too many requests")
    assert openai.json()["error"]["code"] == "rate_limit_exceeded"
    provider.enqueue(["again"])
    assert _post(server, _CLASSIC, _CHAT).text == "again"


def test_more_connections_than_there_is_room_for_are_turned_away(server: ModelServer) -> None:
    address = ("127.0.0.1", urlsplit(server.url).port)
    open_ones = [socket.create_connection(address, timeout=10) for _ in range(64)]
    with socket.create_connection(address, timeout=10) as one_more:
        answer = one_more.recv(65_536)

    for one in open_ones:
        one.close()

    assert answer.startswith(b"HTTP/1.1 503 ")


def test_a_request_that_does_not_come_is_not_waited_for(serve: Callable[..., ModelServer]) -> None:
    server = serve(request_timeout=0.2)

    assert _raw(server, b"POST /api/chat HTTP/1.1\r\nContent-Length: 100\r\n\r\n{") == b""


def test_the_end_of_the_server_breaks_off_what_is_under_way(
    serve: Callable[..., ModelServer], provider: ScriptedProvider
) -> None:
    server = serve()
    provider.enqueue(["a", threading.Event()])

    with _asking(server) as answer:
        answer.read1()
        server.shutdown()
        server.close()
        with pytest.raises(IncompleteRead):
            answer.read()

    provider.wait_left()
