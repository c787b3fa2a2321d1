"""The scripted server itself: what other tests rest on."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

from tests.upstream import SCENARIOS, upstream


def ask(port: int, text: str, code: str = "test-1") -> socket.socket:
    body = json.dumps({"messages": [{"role": "user", "content": text}]}).encode()
    sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    head = f"POST /api/chat HTTP/1.1\r\nX-Auth-Code: {code}\r\nContent-Length: {len(body)}\r\n\r\n"
    sock.sendall(head.encode() + body)
    return sock


def test_every_scenario_says_what_it_is():
    assert all(script.__doc__ for script in SCENARIOS.values())
    assert all(name == name.lower() and " " not in name for name in SCENARIOS)


def test_a_request_and_its_end_are_recorded():
    with upstream() as server, ask(server.port, "#silent") as sock:
        received = server.wait_for(1)
        assert received.last_message == "#silent"
        assert received.scenario == "silent"
        assert received.auth_code == "test-1"
        assert not received.disconnected.is_set()

        sock.close()

        assert received.disconnected.wait(1)


def test_codes_that_are_not_for_tests_are_refused_unless_named():
    with upstream(auth_codes=["real"]) as server:
        for code, status in (("stranger", b" 401 "), ("real", b" 200 "), ("test-x", b" 200 ")):
            with ask(server.port, "hi", code) as sock:
                assert status in sock.recv(4096)


def test_it_ends_with_calls_still_open():
    with upstream() as server:
        socks = [ask(server.port, "#stall") for _ in range(50)]
        server.wait_for(50)

    assert all(received.finished.is_set() for received in server.received)
    for sock in socks:
        sock.close()


def test_as_a_command_it_says_its_port_first_and_ends_on_a_signal():
    command = [sys.executable, "-m", "tests.upstream", "--port", "0", "--pace", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        port = int(process.stdout.readline())
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/chat",
            data=b'{"messages": [{"role": "user", "content": "#echo hi"}]}',
            headers={"x-auth-code": "test-1"},
        )
        with urllib.request.urlopen(request) as response:  # noqa: S310  as above
            assert response.read() == b"#echo hi"

        process.send_signal(signal.SIGTERM)

        assert process.wait(5) == 0
