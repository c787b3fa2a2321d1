"""Which hosts Liaobots is asked at, by either of its doors."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest

from tests.providers.conftest import AUTH_CODE, read
from webapp import errors
from webapp.config import Settings
from webapp.providers.liaobots_door import open_credits, open_liaobots


@pytest.mark.parametrize(
    ("door", "hosts"),
    [
        ("classic", ["liaobots.com"]),
        (
            "official",
            ["ai.liaobots.work", "ai.liaobots1.work", "ai.liaobots2.work", "ai.liaobots3.work"],
        ),
    ],
)
def test_without_an_address_the_hosts_of_the_door_are_asked(monkeypatch, door, hosts):
    looked_up = []

    def resolve(host: str, *_: object, **__: object) -> None:
        looked_up.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    ended = read(open_liaobots(Settings(data_dir=Path(), liaobots_door=door)), "Hello")

    assert looked_up == hosts
    assert type(ended.error) is errors.Unreachable
    assert ended.error.values["host"] == hosts[0]


@pytest.mark.parametrize(
    ("door", "behind", "path", "header"),
    [
        ("classic", "", "/api/chat", "x-auth-code"),
        ("official", "", "/v1/chat/completions", "authorization"),
        ("official", "/v1", "/v1/chat/completions", "authorization"),
    ],
)
def test_an_address_is_the_only_host_of_either_door(upstream, door, behind, path, header):
    settings = Settings(data_dir=Path(), liaobots_door=door, liaobots_url=upstream.url + behind)
    provider = open_liaobots(settings)

    ended = read(provider, "#echo hi")

    assert (ended.text, ended.hosts) == ("#echo hi", [])
    assert (provider.name, provider.title) == ("liaobots", "Liaobots")
    assert upstream.received[0].path == path
    assert AUTH_CODE in upstream.received[0].headers[header]


@pytest.mark.parametrize("door", ["classic", "official"])
def test_an_address_that_parsers_could_read_differently_stops_the_start(door):
    settings = Settings(
        data_dir=Path(), liaobots_door=door, liaobots_url="https://a.example\\@b.example"
    )

    with pytest.raises(errors.ConfigurationError, match="LIAOCHAT_LIAOBOTS_URL"):
        open_liaobots(settings)


@pytest.mark.parametrize("door", ["classic", "official"])
def test_a_code_is_not_sent_over_a_strange_network_in_plain_http_unless_that_is_allowed(door):
    settings = Settings(data_dir=Path(), liaobots_door=door, liaobots_url="http://far.example")

    for opening in (open_liaobots, open_credits):
        with pytest.raises(errors.ConfigurationError) as refused:
            opening(settings)
        assert "LIAOCHAT_LIAOBOTS_ALLOW_HTTP=on" in str(refused.value)
        opening(dataclasses.replace(settings, liaobots_allow_http=True))
        opening(dataclasses.replace(settings, liaobots_url="https://far.example"))
