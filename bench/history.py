"""Years of somebody's conversations, made up: the same ones for the same seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from webapp.store.tables import conversations, messages

_COMMON = """
the of and to in is that for it as was with be by on not he his but at are this have from or
had an they which you one we all were her she there would their will when who him been has more
if no out do so can what up said about other into than its time only could new them man some
these then two first may any like now my such make over our even most me state after also made
many did must before back see through way where get much go well your know should down work
year because come people just say each those take day good how long own too here old both life
world still hand high last never between under think same another while number part found house
right off without small large water against place during home again around however program
question problem system answer function value error server test result list change order result
key file code query table column index message write read open close
""".split()  # noqa: SIM905 - to be read
_ONSETS = """
b br c ch cl d dr f fl g gr h j k l m n p pl pr qu r s sh sl st str t th tr v w
""".split()  # noqa: SIM905 - to be read
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ee", "io", "oo", "ou"]
_ENDS = ["", "", "", "n", "r", "s", "t", "l", "nd", "ng", "rt", "st", "ck", "m"]
_HAN = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之"
    "年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样"
    "理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将"
    "两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信"
    "表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔"
)
_KANA = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん"
)


@dataclass(frozen=True)
class Language:
    """Words by how often they are said, and what stands between them."""

    words: list[str]
    weights: list[float]
    space: str
    stop: str

    def sentence(self, chance: random.Random, length: int) -> str:
        said = chance.choices(self.words, cum_weights=self.weights, k=length)
        return self.space.join(said).capitalize() + self.stop


@dataclass(frozen=True)
class Size:
    conversations: int = 10_000
    messages: int = 200_000
    years: int = 3


@dataclass
class History:
    """Makes rows for the store's tables. One in ten conversations is Chinese or Japanese."""

    size: Size
    until: datetime
    seed: int = 3
    _answers: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - the same every time is the point
        self._english = _language([*_COMMON, *_made_up(self._chance, 20_000)], " ", ". ")
        pairs = ["".join(self._chance.choices(_HAN, k=2)) for _ in range(4000)]
        self._chinese = _language([*_HAN[:40], *pairs], "", "。")
        kana = ["".join(self._chance.choices(_KANA, k=3)) for _ in range(1500)]
        self._japanese = _language([*_KANA, *kana, *pairs[:500]], "", "。")

    def write(self, connection: Connection, owner_id: str) -> None:
        """Put all of it into the database. Takes the store's triggers along."""
        for batch in (
            itertools.batched(self._conversations(owner_id), 200)
            if False
            else _batches(self._conversations(owner_id), 200)
        ):
            connection.execute(insert(conversations), [row for row, _ in batch])
            connection.execute(insert(messages), [one for _, all_ in batch for one in all_])

    def _conversations(
        self, owner_id: str
    ) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        size, chance = self.size, self._chance
        each = size.messages // size.conversations
        step = timedelta(days=365 * size.years) / size.conversations
        begun = self.until - timedelta(days=365 * size.years)
        for number in range(size.conversations):
            begun += step
            language = chance.choices([self._english, self._chinese, self._japanese], [90, 6, 4])[0]
            yield self._conversation(owner_id, number, begun, language, each)

    def _conversation(
        self, owner_id: str, number: int, begun: datetime, language: Language, length: int
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        chance, conversation_id = self._chance, self._id()
        rows: list[dict[str, Any]] = []
        for place in range(length):
            asks = place % 2 == 0
            rows.append(
                {
                    "id": self._id(),
                    "conversation_id": conversation_id,
                    "owner_id": owner_id,
                    "parent_id": rows[-1]["id"] if rows else None,
                    "role": "user" if asks else "assistant",
                    "state": "complete",
                    "model": None if asks else self._model(),
                    "text": self._question(language) if asks else self._answer(language),
                    "created_at": begun + timedelta(seconds=45 * place + chance.random()),
                }
            )
        row = {
            "id": conversation_id,
            "owner_id": owner_id,
            "title": language.sentence(chance, 5).strip(" .。"),
            "head_id": rows[-1]["id"],
            "created_at": begun,
            "updated_at": rows[-1]["created_at"],
            "archived_at": begun if number % 20 == 7 else None,
            "trashed_at": self.until if number % 50 == 9 else None,
        }
        return row, rows

    def _model(self) -> str:
        """Each as often as the others, but for one that gave each two thousandth answer."""
        self._answers += 1
        chosen = self._chance.choice(_MODELS)
        return _RARE if self._answers % 2000 == 0 else chosen

    def _question(self, language: Language) -> str:
        return language.sentence(self._chance, self._chance.randint(4, 40))

    def _answer(self, language: Language) -> str:
        chance = self._chance
        paragraphs = chance.randint(1, 6)
        return "\n\n".join(
            "".join(
                language.sentence(chance, chance.randint(6, 18))
                for _ in range(chance.randint(2, 5))
            )
            for _ in range(paragraphs)
        )

    def _id(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"


_MODELS = ["liaobots/gpt-4", "liaobots/gpt-3.5-turbo", "liaobots/claude-3-opus", "local/smollm2"]
_RARE = "local/rare"


def _made_up(chance: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        yield "".join(
            chance.choice(_ONSETS) + chance.choice(_VOWELS) + chance.choice(_ENDS)
            for _ in range(chance.choice((1, 2, 2, 3, 3, 4)))
        )


def _language(words: list[str], space: str, stop: str) -> Language:
    """The nth word is said a nth as often as the first: Zipf's law."""
    weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(words))))
    return Language(words, weights, space, stop)


def _batches(rows: Iterator[Any], count: int) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(rows, count)):
        yield batch
