"""What was sent, what is stored and what is shown are the same, character for character."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from tests.browser.person import Tab
from tests.browser.scripts import in_random_pieces
from tests.upstream import Upstream

# Words that no Markdown can change, in scripts that are hard to cut and to draw.
_WORDS = """
word and then some more naïve Ärger cafe\u0301 e\u0301\u0323 A\u030a ﬁn ﷽ x\u0338
你好 世界 東京都 こんにちは 안녕 𠮷野家 \U00020bb7 葛\U000e0100
שלום עולם مرحبا بالعالم لا إله سلام\u200cها नमस्ते क्षत्रिय தமிழ் ภาษาไทย မြန်မာ ខ្មែរ
🙂 👩‍👩‍👧 👍🏽 🇪🇺 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤️ 1️⃣ 🧑🏿‍🚀 ☺︎
Z\u0351\u036b\u0343a\u0369l\u0348\u0323g\u033bo\u035f 𝔘𝔫𝔦 ℵ ∑ ½ № … — “quoted” ’
""".split()  # noqa: SIM905 - a list of strings would hide the words
_MARKS = ["    ", "\n", "\n\n", " ", "\t", *"{}*_$\\'\"", "<b>", "&amp;"]


@pytest.mark.parametrize("seed", range(3))
def test_a_paragraph_is_the_same_upstream_in_the_database_and_on_the_page(
    tab: Tab, liaobots: Upstream, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time
    text = " ".join(chance.choices(_WORDS, k=150))
    liaobots.enqueue(in_random_pieces(text, chance))

    tab.ask("a paragraph")

    assert _stored(tab) == text
    assert tab.words.locator("p").inner_text() == text
    tab.page.reload()
    assert tab.words.locator("p").inner_text() == text


@pytest.mark.parametrize("seed", range(3))
def test_code_is_the_same_upstream_in_the_database_and_on_the_page(
    tab: Tab, liaobots: Upstream, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time
    code = "".join(chance.choices([*_WORDS, *_MARKS, *_MARKS], k=200)).strip() + "\nend"
    language = chance.choice(("", "python", "js", "html"))
    text = f"```{language}\n{code}\n```"
    liaobots.enqueue(in_random_pieces(text, chance))

    tab.ask("some code")

    assert _stored(tab) == text
    assert _code(tab) == code
    tab.page.reload()
    assert _code(tab) == code


def test_a_question_is_the_same_on_the_page_in_the_database_and_upstream(
    tab: Tab, liaobots: Upstream
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    text = "\n".join(" ".join(chance.choices(_WORDS, k=20)) for _ in range(10))

    tab.ask(text)

    assert tab.questions.locator(".message__body").inner_text() == text
    assert _stored(tab, "user") == text
    assert any(one.last_message == text for one in liaobots.received)


def _code(tab: Tab) -> str:
    return (tab.words.locator("pre code").text_content() or "").removesuffix("\n")


def _stored(tab: Tab, role: str = "assistant") -> str:
    with closing(sqlite3.connect(tab.person.server.data_dir / "liaochat.db")) as database:
        (text,) = database.execute(
            "SELECT text FROM messages WHERE conversation_id = ? AND role = ?",
            [tab.conversation, role],
        ).fetchone()
    return str(text)
