"""What is judged of the way between browsers and the server."""

from __future__ import annotations

import pytest

from webapp import advice


@pytest.mark.parametrize(
    ("origin", "believed", "sentence"),
    [
        ("https://chat.example.org", "https://chat.example.org", advice.COOKIE_SECURE),
        ("https://chat.example.org", "http://chat.example.org", advice.COOKIE_LOOSE),
        ("http://chat.example.org", "https://chat.example.org", advice.COOKIE_REFUSED),
        ("http://chat.example.org", "http://chat.example.org", advice.COOKIE_PLAIN),
        ("http://192.168.1.5:8000", "http://192.168.1.5:8000", advice.COOKIE_PLAIN),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", advice.COOKIE_STAYS),
        ("http://[::1]:8000", "http://[::1]:8000", advice.COOKIE_STAYS),
        ("http://localhost:8000", "http://localhost:8000", advice.COOKIE_STAYS),
    ],
)
def test_the_cookie_is_secure_over_https_alone(origin: str, believed: str, sentence: str) -> None:
    found = advice.cookie(origin, believed)

    assert found.sentence == sentence
    assert found.good == (sentence in {advice.COOKIE_SECURE, advice.COOKIE_STAYS})
    assert "%" not in found.text


def test_origins_are_compared_without_their_case() -> None:
    assert advice.place("https://Chat.example.org", "https://chat.example.org").good
    assert not advice.place("https://chat.example.org", "https://chat.example.org:8443").good
