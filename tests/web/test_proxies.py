"""Where a request comes from, behind proxies that may be believed and others that may not."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from flask import Flask, request

from webapp.web.proxies import client_address, client_network, is_trusted

_OURS = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.66, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_a_client_is_where_our_own_proxies_say(
    remote: str, forwarded: str | None, found: str
) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    environ = {"REMOTE_ADDR": remote}
    with Flask("test").test_request_context(headers=headers, environ_overrides=environ):
        assert client_address(request, _OURS) == found


def test_of_ipv6_a_network_is_one_persons() -> None:
    environ = {"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}
    with Flask("test").test_request_context(environ_overrides=environ):
        assert client_network(request, _OURS) == "2001:db8:1:2::/64"


@pytest.mark.parametrize(
    ("remote", "trusted"), [("10.9.8.7", True), ("192.0.2.1", False), ("", False)]
)
def test_only_what_the_settings_name_is_trusted(remote: str, *, trusted: bool) -> None:
    with Flask("test").test_request_context(environ_overrides={"REMOTE_ADDR": remote}):
        assert is_trusted(request, _OURS) is trusted
