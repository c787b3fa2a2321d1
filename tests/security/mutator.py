"""Frames and bodies that are nearly right, and ones that are not right at all, from a seed."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from tests.security.routes import SAFE, Route, frame_fields, frame_names
from tests.security.things import FIELDS, WORDS

_ODD: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    10**400,
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e\u2066",
    "null",
    "0" * 32,
    "f" * 33,
    "ß" * 32,
    "../../etc/passwd",
    "' OR 1=1 --",
    "{{7*7}}",
    "%s%n%(x)s",
    "x" * 5000,
    [],
    {},
    [[]],
    ["x"] * 1001,
    {"type": "send"},
    [{"$ne": None}],
    float("nan"),
    float("-inf"),
)
_PIECES = (
    *(b"", b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"{", b"}", b"&", b"=", b"%", b"%00", b"\r\n"),
    *(b"[" * 3000, b'{"a":' * 200, b"\\u0000", b"\\ud800", b"1e999", b"-" * 40, b"\x1b[2J"),
)
_TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "application/json",
    "text/plain",
    "",
    "\x7f/\x80",
)


class Mutator:
    """Makes up what no page would send. `ids` are what there is, and what there is not."""

    def __init__(self, seed: int, ids: Sequence[Mapping[str, str]]) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated
        self._ids = ids

    def frame(self) -> bytes:
        """A frame: of the right make with odd values, or cut, doubled and spoilt."""
        fields = {name: self._value(name) for name in sorted(frame_fields()) if self._often()}
        fields["type"] = self.chance.choice([*frame_names(), "nonsense", "", "watch", 7, None])
        if self.chance.random() < 0.5:
            fields.setdefault("client_id", str(uuid.UUID(int=self.chance.getrandbits(128))))
        written = json.dumps(fields).encode()
        return written if self.chance.random() < 0.6 else self.spoil(written)

    def request(self, route: Route) -> tuple[str, str, dict[str, str], bytes]:
        """A request: method, target, headers, body."""
        ids = {**self.chance.choice(self._ids)}
        if self.chance.random() < 0.2:
            bad = ("0", "%00", "..%2f", "%ff", "x" * 99)
            ids = {kind: self.chance.choice(bad) for kind in ids}
        names = sorted({*FIELDS, *WORDS, *self._strange()})
        fields = {name: self._word(name) for name in names if self._often()}
        query = f"?{urlencode(fields, errors='surrogatepass')}" if self._seldom() else ""
        if route.method in SAFE:
            return route.method, route.path(ids) + query, {}, b""
        kind = self.chance.choice(_TYPES[:3] if self._often() else _TYPES)
        body = _written(kind, fields)
        body = body if self._often() else self.spoil(body)
        return route.method, route.path(ids) + query, {"Content-Type": kind}, body

    def spoil(self, written: bytes) -> bytes:
        """Change bytes as a bad line or a bad person would."""
        changes: tuple[Callable[[bytes, int], bytes], ...] = (
            lambda text, at: text[:at],
            lambda text, at: text[at:],
            lambda text, at: text[:at] + self.chance.choice(_PIECES) + text[at:],
            lambda text, at: text[:at] + bytes([self.chance.randrange(256)]) + text[at + 1 :],
            lambda text, at: text[:at] + text[at : at + 40] * 3 + text[at:],
        )
        for _ in range(self.chance.randint(1, 4)):
            written = self.chance.choice(changes)(written, self.chance.randrange(len(written) + 1))
        return written

    def _value(self, name: str) -> object:
        if self.chance.random() < 0.25:
            return self.chance.choice(_ODD)
        if name in FIELDS:
            id_ = self.chance.choice(self._ids)[FIELDS[name]]
            return [id_] if name == "files" else id_
        return WORDS.get(name, "")

    def _word(self, name: str) -> str:
        value = self._value(name)
        return value if isinstance(value, str) else repr(value)

    def _strange(self) -> set[str]:
        return {"shared", "from", "page", "_method", "file", "password", "role", "__proto__"}

    def _often(self) -> bool:
        return self.chance.random() < 0.8

    def _seldom(self) -> bool:
        return self.chance.random() < 0.2


def _written(kind: str, fields: Mapping[str, str]) -> bytes:
    if kind.startswith("multipart"):
        parts = (
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        file = (
            '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx\r\n--b--'
        )
        return "".join([*parts, file]).encode("utf-8", "surrogatepass")
    if kind == "application/json":
        return json.dumps(fields).encode()
    return urlencode(fields, errors="surrogatepass").encode()
