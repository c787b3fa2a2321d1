"""What the upstream sent, what is stored and what the page shows are one text."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.server import Browser, Server
from tests.upstream import Call, Upstream

# What cannot be kept apart on any page: line ends become "\n", and code has no other
# control characters than tab and newline.
_CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="\ufeff`~"
)
_DOCUMENTS = st.text(_CHARACTERS, min_size=1, max_size=400)


@settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(document=_DOCUMENTS, chance=st.randoms(use_true_random=False))
def test_page_database_and_upstream_have_the_same_text(
    server: Server, browser: Browser, liaobots: Upstream, document: str, chance
) -> None:
    sent = f"```text\n{document}\n```"
    liaobots.enqueue(_in_random_pieces(sent.encode(), chance))
    page = browser.open()

    page.send("say it")
    page.wait("ended", state="complete")

    assert _stored(server, page.answer.id) == sent
    code = page.answer.body.text_of("code")
    assert code == document + "\n"
    page.close()


def _in_random_pieces(content: bytes, chance):
    def script(call: Call) -> None:
        call.start()
        at = 0
        while at < len(content):
            size = chance.choice([1, 1, 2, 3, 5, 8, 40])
            call.piece(content[at : at + size])
            at += size
            if chance.random() < 0.1:
                call.pause(0.002)
        call.end()

    return script


def _stored(server: Server, message_id: str) -> str:
    with closing(sqlite3.connect(server.data_dir / "liaochat.db", timeout=10)) as database:
        row = database.execute("SELECT text FROM messages WHERE id = ?", (message_id,)).fetchone()
    return str(row[0])
