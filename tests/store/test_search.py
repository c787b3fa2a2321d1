"""Search finds what is there, the newest first, and what is there alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, text, update

from tests.store.conftest import NOW
from webapp.store import conversations, messages
from webapp.store.answerers import FEW
from webapp.store.database import Database
from webapp.store.search import Hit, Query, search, search_titles
from webapp.store.tables import conversations as conversation_table
from webapp.store.tables import messages as message_table
from webapp.store.tables import users as user_table
from webapp.store.users import User

Say = Callable[..., str]


@pytest.fixture
def say(database: Database, owner: User) -> Say:
    """Write a message into a conversation of its own, or into one that is there."""

    def write(
        words: str,
        *,
        at: datetime = NOW,
        by: User = owner,
        conversation: str | None = None,
        title: str = "a talk",
        model: str | None = None,
    ) -> str:
        with database.writing() as connection:
            if conversation is None:
                conversation = conversations.create(connection, by.id, title=title, now=at).id
            return messages.add(
                connection,
                by.id,
                conversation,
                parent_id=None,
                role="user" if model is None else "assistant",
                state="complete",
                text=words,
                model=model,
                now=at,
            ).id

    return write


@pytest.fixture
def found(database: Database, owner: User) -> Callable[..., list[str]]:
    """Search, see that the index is true, and give the ids of the messages found."""

    def look(*words: str, by: User = owner, **filters: object) -> list[str]:
        _check(database)
        query = Query(words, **filters)  # type: ignore[arg-type]
        return [hit.message_id or "" for hit in _search(database, by, query)]

    return look


def _search(database: Database, by: User, query: Query, **options: int) -> list[Hit]:
    with database.reading() as connection:
        return list(search(connection, by.id, query, **{"limit": 100, **options}))


def _titles(database: Database, by: User, query: Query) -> list[str]:
    with database.reading() as connection:
        hits = search_titles(connection, by.id, query, limit=10)
    return ["".join(part for part, _ in hit.title) for hit in hits]


def _check(database: Database) -> None:
    """Let SQLite compare the index with the texts it is of."""
    with closing(sqlite3.connect(database.file)) as connection:
        connection.execute(
            "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"
        )
        (lost,) = connection.execute(
            "SELECT count(*) FROM search_entries FULL JOIN messages ON messages.id = message_id"
            " WHERE messages.id IS NULL OR (messages.text <> '') <> (number IS NOT NULL)"
        ).fetchone()
    assert lost == 0


def test_the_check_of_these_tests_sees_an_index_that_is_not_true(
    database: Database, say: Say
) -> None:
    say("something")
    with database.writing() as connection:
        connection.execute(text("DROP TRIGGER search_message_changed"))
        connection.execute(update(message_table).values(text="something else"))

    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        _check(database)


@pytest.mark.parametrize(
    ("said", "looked_for"),
    [
        ("The history of conversations", ["convers"]),
        ("The history of conversations", ["HISTORY"]),
        ("The history of conversations", ["conversations", "history"]),
        ("The history of conversations", ["history of"]),
        ("one line\nand another", ["line and"]),
        ("the end", ["end"]),
        ("the end", ["en"]),
        ("first of all", ["fi"]),
        ("(ai) is here", ["ai"]),
        ("an “ai”", ["AI"]),
        ("vitamin C helps", ["vitamin", "c"]),
        ("I write R", ["r"]),
        ("ÄRGER mit Übermut", ["ärger", "üb"]),
        ("Ο Σωκράτης", ["σωκράτης"]),
        ("ПРИВЕТ, мир", ["привет", "ми"]),
        ("我们今天学习数据库", ["数据库"]),
        ("我们今天学习数据库", ["学习"]),
        ("我们今天学习数据库", ["据库"]),
        ("我们今天学习数据库", ["库"]),
        ("我们今天学习数据库", ["我"]),
        ("我们今天学习数据库", ["数据", "今天"]),
        ("日本語のテキストを検索する", ["テキスト"]),
        ("日本語のテキストを検索する", ["検索"]),
        ("한국어 검색", ["검색"]),
        ("ภาษาไทยไม่มีช่องว่าง", ["ไทย"]),
        ("שלום עולם", ["שלום"]),
        ("a smile 😀 here", ["😀"]),
        ("👩‍👩‍👧 came", ["👩‍👩‍👧"]),
        ("100% of snake_case", ["100%", "snake_case"]),
        ('she said "no" AND left', ['"no"', "AND"]),
        ("C:\\temp\\file*", ["\\temp\\", "file*"]),
        ("std::vector<int> f(x) -> y^2 {a}", ["std::vector", "f(x)", "->", "{a}"]),
        ("turn \u202eback\u202c here", ["\u202eback"]),
        ("x" * 5000 + "needle" + "y" * 5000, ["needle"]),
        ("ab" * 150, ["ab" * 100]),
    ],
)
def test_what_was_written_is_found(
    say: Say, found: Callable[..., list[str]], said: str, looked_for: list[str]
) -> None:
    message = say(said)
    say("nothing of the kind, 其他, ничего")

    assert found(*looked_for) == [message]


@pytest.mark.parametrize(
    "looked_for",
    [
        ["historical"],
        ["history", "nowhere"],
        ["of history"],
        ["history-of"],
        ["i_tory"],
        ["h%y"],
        ["ai"],
        ["ory"[:2]],
        ["z"],
        ["史"],
        ["*"],
        ['"'],
        ["NOT history"],
        ["history*"],
        ["text:history"],
        ["NEAR(history)"],
        ["hist\ufffd"],
    ],
)
def test_what_was_not_written_is_not_found(
    say: Say, found: Callable[..., list[str]], looked_for: list[str]
) -> None:
    message = say("The history of what was said")

    assert found(*looked_for) == []
    assert found("history") == [message]


def test_the_newest_come_first_whenever_they_were_stored(
    say: Say, found: Callable[..., list[str]]
) -> None:
    """As an import stores what is older than what is there."""
    days = [3, 1, 4, 0, 5, 9, 2, 6]
    said = {day: say(f"word {day}", at=NOW - timedelta(days=day)) for day in days}

    assert found("word") == [said[day] for day in sorted(days)]


def test_a_search_goes_on_where_its_last_page_ended(
    database: Database, owner: User, say: Say
) -> None:
    said = [say(f"word {number}", at=NOW + timedelta(hours=number)) for number in range(7)]
    query = Query(("word",))

    pages, after = [], None
    while page := _search(database, owner, query, limit=3, **({"after": after} if after else {})):
        pages.append([hit.message_id for hit in page])
        after = page[-1].number

    said.reverse()
    assert pages == [said[:3], said[3:6], said[6:]]


def test_an_hour_that_is_full_loses_nothing(
    database: Database, owner: User, found: Callable[..., list[str]]
) -> None:
    with database.writing() as connection:
        chat = conversations.create(connection, owner.id, title="import", now=NOW)
        connection.execute(
            insert(message_table),
            [
                {
                    "id": f"{number:032x}",
                    "conversation_id": chat.id,
                    "owner_id": owner.id,
                    "role": "user",
                    "state": "complete",
                    "text": f"word {number}",
                    "created_at": NOW,
                }
                for number in range(5000)
            ],
        )

    assert len(set(found("word"))) == 100
    assert found("word", "4999") == [f"{4999:032x}"]
    assert found("4999", before=NOW + timedelta(seconds=1)) == [f"{4999:032x}"]


@pytest.mark.parametrize("at", [datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)])
def test_a_time_that_cannot_be_is_no_harm(
    say: Say, found: Callable[..., list[str]], other: User, at: datetime
) -> None:
    theirs = say("words of another", by=other)
    messages_ = [say("words", at=at), say("words", at=at)]

    assert sorted(found("words")) == sorted(messages_)
    assert found("words", by=other) == [theirs]


def test_nobody_finds_what_others_wrote(
    database: Database, owner: User, other: User, say: Say, found: Callable[..., list[str]]
) -> None:
    mine = say("a secret word", title="My secret")
    theirs = say("their secret word", by=other, title="Their secret")

    assert found("secret") == [mine]
    assert found("secret", by=other) == [theirs]
    assert found("se") == [mine]
    assert found("their") == []
    assert found(model="") == []
    assert _titles(database, owner, Query(("secret",))) == ["My secret"]
    assert _titles(database, other, Query(("secret",))) == ["Their secret"]


def test_who_never_wrote_anything_finds_nothing(say: Say, found: Callable[..., list[str]]) -> None:
    say("a word")

    assert found("word", by=User("nobody", "Nobody", "member")) == []


def test_the_filters_narrow_a_search(say: Say, found: Callable[..., list[str]]) -> None:
    march = datetime(2026, 3, 1, tzinfo=UTC)
    question = say("word", at=march - timedelta(seconds=1))
    answer = say("word", at=march, model="liaobots/gpt-4")
    other_answer = say("word", at=march + timedelta(days=40), model="local/smol_lm")

    assert found("word", model="GPT") == [answer]
    assert found("word", model="smol_lm") == [other_answer]
    assert found("word", model="smol%lm") == []
    assert found("word", since=march) == [other_answer, answer]
    assert found("word", before=march) == [question]
    assert found("word", since=march, before=march + timedelta(days=1)) == [answer]
    assert found(model="gpt-4") == [answer]
    assert found(since=march) == [other_answer, answer]


def test_a_model_is_found_among_what_others_answered_however_often_it_answered(
    database: Database, owner: User, other: User, say: Say, found: Callable[..., list[str]]
) -> None:
    days = [NOW - timedelta(days=back) for back in range(12)]
    models = ["liaobots/gpt-4", "liaobots/claude", "local/rare", "liaobots/gpt-4"]
    said = [say("the word", at=day, model=models[at % 4]) for at, day in enumerate(days)]
    say("the word", by=other, model="local/other")
    say("nothing of it", at=days[11], model="local/rare")
    _answer_often(database, owner, "liaobots/gpt-4", at=days[6])

    assert found("word", model="rare") == said[2::4]
    assert found("word", model="local") == said[2::4]
    assert found("word", model="claude", since=days[8], before=days[1]) == [said[5]]
    assert found("word", model="gpt-4") == [said[at] for at in (0, 3, 4, 7, 8, 11)]
    assert found("word", model="liaobots") == [one for one in said if one not in said[2::4]]
    assert found("word", model="nobody") == found("word", model="other") == []


def _answer_often(database: Database, owner: User, model: str, *, at: datetime) -> None:
    """Let a model have more answers than are looked at one by one."""
    with database.writing() as connection:
        conversation = conversations.create(connection, owner.id, title="long", now=at).id
        row = {
            "conversation_id": conversation,
            "owner_id": owner.id,
            "role": "assistant",
            "state": "complete",
            "model": model,
            "text": "other things",
            "created_at": at,
        }
        rows = [{**row, "id": f"{number:032x}"} for number in range(FEW + 1)]
        connection.execute(insert(message_table), rows)


def test_the_trash_is_searched_alone_and_the_archive_always(
    database: Database, owner: User, say: Say, found: Callable[..., list[str]]
) -> None:
    kept, archived, trashed = (say("word", title=name) for name in ("kept", "old", "gone"))
    with database.writing() as connection:
        for message, mark in ((archived, "archived"), (trashed, "trashed")):
            stored = messages.find(connection, owner.id, message)
            assert stored is not None
            conversations.mark(connection, owner.id, [stored.conversation_id], mark, NOW)

    assert set(found("word")) == {kept, archived}
    assert found("word", place="archived") == [archived]
    assert found("word", place="trashed") == [trashed]
    assert found(place="trashed") == [trashed]
    assert _titles(database, owner, Query(("gone",))) == []
    assert _titles(database, owner, Query(("gone",), place="trashed")) == ["gone"]
    assert _titles(database, owner, Query(("old",), place="archived")) == ["old"]


def test_titles_are_found_as_they_are_now(database: Database, owner: User, say: Say) -> None:
    message = say("text", title="Über 100% of it")
    with database.reading() as connection:
        stored = messages.find(connection, owner.id, message)
    assert stored is not None
    assert _titles(database, owner, Query(("über", "100%"))) == ["Über 100% of it"]
    assert _titles(database, owner, Query(("ÜBER", "it"))) == ["Über 100% of it"]
    assert _titles(database, owner, Query(("1%0",))) == []
    assert _titles(database, owner, Query(("be",))) == []

    with database.writing() as connection:
        conversations.rename(connection, owner.id, stored.conversation_id, "日本語の話")

    assert _titles(database, owner, Query(("über",))) == []
    assert _titles(database, owner, Query(("本語",))) == ["日本語の話"]
    assert _titles(database, owner, Query(("本語",), model="gpt")) == []
    assert _titles(database, owner, Query(("本語",), before=NOW)) == []
    assert _titles(database, owner, Query(("本語",), since=NOW)) == ["日本語の話"]


def test_an_answer_under_way_is_found_when_it_ends(
    database: Database, say: Say, found: Callable[..., list[str]]
) -> None:
    answer = say("", model="liaobots/gpt-4")
    assert found(model="gpt") == []

    with database.writing() as connection:
        messages.end_answer(connection, answer, state="complete", text="the end", failure=None)

    assert found("end") == [answer]
    assert found(model="gpt") == [answer]


def test_a_text_that_changes_is_found_by_its_new_words_alone(
    database: Database, say: Say, found: Callable[..., list[str]]
) -> None:
    message = say("the old words")

    for words in ("the new words", "the new words", "", "words again"):
        with database.writing() as connection:
            connection.execute(update(message_table).values(text=words))

        assert found("words") == ([message] if words else [])
        assert found("new") == ([message] if "new" in words else [])
        assert found("old") == []


def test_what_is_deleted_is_gone_from_the_index(
    database: Database, owner: User, say: Say, found: Callable[..., list[str]]
) -> None:
    one, two, three = say("word one"), say("word two"), say("word three")
    with database.writing() as connection:
        messages.remove(connection, owner.id, one)
    assert found("word") == [three, two]

    with database.writing() as connection:
        stored = messages.find(connection, owner.id, two)
        assert stored is not None
        conversations.mark(connection, owner.id, [stored.conversation_id], "trashed", NOW)
        conversations.empty_trash(connection, trashed_before=NOW, at_most=5)
    assert found("word") == [three]
    assert found("word", place="trashed") == []

    with database.writing() as connection:
        connection.execute(delete(conversation_table))
    assert found("word") == []
    with database.reading() as connection:
        terms = connection.execute(text("SELECT count(*) FROM search_terms")).scalar_one()
    assert terms == 0


def test_who_is_deleted_takes_their_words_along(
    database: Database, other: User, say: Say, found: Callable[..., list[str]]
) -> None:
    mine = say("a word of mine")
    say("a word of theirs", by=other)

    with database.writing() as connection:
        connection.execute(delete(user_table).where(user_table.c.id == other.id))

    assert found("word", by=other) == []
    assert found("word") == [mine]


def test_a_transaction_that_is_undone_leaves_nothing_in_the_index(
    database: Database, owner: User, say: Say, found: Callable[..., list[str]]
) -> None:
    message = say("a word")

    with suppress(ZeroDivisionError), database.writing() as connection:
        messages.remove(connection, owner.id, message)
        raise ZeroDivisionError

    assert found("word") == [message]


def test_compacting_the_file_leaves_the_index_true(
    database: Database, owner: User, say: Say, found: Callable[..., list[str]]
) -> None:
    """Rows without a number of their own get new ones then."""
    first, second = say("the first word"), say("the second word")
    with database.writing() as connection:
        messages.remove(connection, owner.id, first)
    with closing(sqlite3.connect(database.file)) as connection:
        connection.execute("VACUUM")

    assert found("word") == [second]


def test_a_hit_tells_where_it_is_and_why(database: Database, owner: User, say: Say) -> None:
    message = say("It is blue.", title="The sky", at=NOW)

    (hit,) = _search(database, owner, Query(("blue",)))

    assert hit.message_id == message
    assert hit.role == "user"
    assert hit.at == NOW
    assert hit.title == (("The sky", False),)
    assert hit.excerpt == (("It is ", False), ("blue", True), (".", False))
