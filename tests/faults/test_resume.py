"""Any number of lost connections, on any page: nothing is lost, doubled or out of order."""

from __future__ import annotations

import re

from tests.faults.readers import shown_to_all
from tests.support.server import Browser, Server
from tests.upstream.texts import numbered

WORDS = 300


def test_readers_who_are_cut_off_again_and_again_end_with_the_text_that_was_sent(
    server: Server, browser: Browser
) -> None:
    asked = f"#scattered:{WORDS},5,7"
    page = browser.open()
    page.send(asked)
    page.wait("accepted")
    conversation = str(page.conversation)

    readings = shown_to_all([browser], conversation, readers=4, cuts=30, seed=20261122)
    page.wait("ended", state="complete")

    words = numbered(WORDS).strip()
    stored = browser.get(f"/c/{conversation}/export.json").json()
    assert all(reading.text.count(words) == 1 for reading in readings)
    assert {len(re.findall(r"\d{7}", reading.text)) for reading in readings} == {WORDS}
    assert page.text() == words
    (told,) = stored["conversations"]
    assert [message["text"].strip() for message in told["messages"]] == [asked, words]
    assert server.process.poll() is None
