"""Words as the search index knows them: in trigrams, as migration 0004 describes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, column, select, table

from webapp.store.excerpt import begins_words

TRIGRAM = 3
"""How many letters the index knows words by."""

_terms = table("search_terms", column("term"))
_MANY = 500
_BEFORE_WORDS = " ([{<\"'*_`~-/\\.,:;=+@#&$|!?¿¡“”‘’„«»–—…"


def expression(connection: Connection, words: Sequence[str]) -> str | None:
    """Say the words in trigrams for FTS5; "" where it can narrow nothing, None where none match.

    Each trigram is quoted, so that nothing a person writes is syntax.
    """
    parts: dict[str, None] = {}
    for word in words:
        if len(word) >= TRIGRAM:
            every = (word[at : at + TRIGRAM] for at in range(len(word) - TRIGRAM + 1))
            parts |= dict.fromkeys(_quoted(one) for one in every)
            continue
        trigrams = _short(connection, word)
        if trigrams is not None:
            if not trigrams:
                return None
            parts["(" + " OR ".join(map(_quoted, trigrams)) + ")"] = None
    return " AND ".join(parts)


def _short(connection: Connection, word: str) -> Sequence[str] | None:
    """Give the trigrams that one or two letters stand for; None where there are too many.

    A word of two letters begins behind a space or a sign. Of all else the index itself
    tells what begins so; every text ends with two spaces, so that its last letters do, too.
    """
    folded = word.lower()
    if begins_words(word):
        if len(folded) > 1:
            return [sign + folded for sign in _BEFORE_WORDS]
        folded = " " + folded
    found = connection.execute(
        select(_terms.c.term)
        .where(_terms.c.term >= folded, _terms.c.term < folded + "\U0010ffff")
        .limit(_MANY + 1)
    ).scalars()
    trigrams = found.all()
    return None if len(trigrams) > _MANY else trigrams


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'
