"""One entry of the models file, field by field: what is wrong is one sentence with its place.

No sentence quotes a value that could be a key, written where it does not belong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from webapp.errors import ConfigurationError
from webapp.providers.address import is_this_machine, parse_address

_LONGEST_NAME = 100
_LONGEST_URL = 500
_MOST_ADDRESSES = 8
_Choice = TypeVar("_Choice", bound=str)


class Entry:
    """One table under `[[providers]]` or `[[models]]`; every method raises `ConfigurationError`."""

    def __init__(self, file: Path, place: str, table: object, known: Collection[str]) -> None:
        """`place` names the entry: "entry 2 of [[models]] (line 7)"."""
        self._file = file
        self.place = place
        if not isinstance(table, dict):
            refuse(file, f"has {place}, which is not a table.")
        self._table: Mapping[str, Any] = table
        if unknown := sorted(set(table) - set(known)):
            self.refuse(
                f"has the unknown key {', '.join(map(_shown, unknown))} in {{place}}. "
                f"Use {', '.join(sorted(known))}."
            )

    def refuse(self, what: str) -> NoReturn:
        """Raise it about this file; `{place}` in `what` becomes the entry's name."""
        refuse(self._file, what.format(place=self.place))

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str, default: str | None = None, *, longest: int = _LONGEST_NAME) -> str:
        """Read one line of text. Without a default it must be there."""
        value = self._table.get(key, default)
        if default is not None and value == default:
            return default
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"has no {key} in {{place}}. Give it one, in quotes.")
        if len(value) > longest or not value.isprintable() or value != value.strip():
            self.refuse(
                f"has a wrong {key} in {{place}}. "
                f"Use at most {longest} visible characters on one line."
            )
        return value

    def number(self, key: str) -> int:
        value = self._table.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
            self.refuse(
                f"has a wrong {key} in {{place}}. Use a whole number, or 0 where it is unknown."
            )
        return value

    def switch(self, key: str, *, default: bool) -> bool:
        value = self._table.get(key, default)
        if not isinstance(value, bool):
            self.refuse(f"has a wrong {key} in {{place}}. Use true or false, without quotes.")
        return value

    def choice(self, key: str, choices: Sequence[_Choice], *, default: _Choice) -> _Choice:
        value = self._table.get(key, default)
        chosen = next((choice for choice in choices if choice == value), None)
        if chosen is None:
            self.refuse(f"has a wrong {key} in {{place}}. Use one of {', '.join(choices)}.")
        return chosen

    def names(self, key: str, known: Collection[str]) -> frozenset[str]:
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.refuse(f"has a wrong {key} in {{place}}. Use a list of texts: [{_quoted(known)}].")
        if set(value) - set(known):
            self.refuse(f"has an unknown name among {key} in {{place}}. Use {_quoted(known)}.")
        return frozenset(value)

    def address(self, key: str, *, allow_http: bool) -> str:
        """Read an address, without a slash at its end."""
        if key not in self:
            self.refuse(f"has no {key} in {{place}}. Give it one, in quotes.")
        return self._address(key, self._table[key], allow_http=allow_http)

    def addresses(self, key: str, *, allow_http: bool) -> tuple[str, ...]:
        value = self._table.get(key, [])
        if not isinstance(value, list) or len(value) > _MOST_ADDRESSES:
            self.refuse(f"has wrong {key} in {{place}}. Use a list of up to {_MOST_ADDRESSES}.")
        return tuple(self._address(key, one, allow_http=allow_http) for one in value)

    def _address(self, key: str, value: object, *, allow_http: bool) -> str:
        usable = isinstance(value, str) and len(value) <= _LONGEST_URL
        try:
            address = parse_address(str(value) if usable else "", whose=key, mend="")
        except ConfigurationError:
            self.refuse(
                f"has a wrong {key} in {{place}}. Use an address such as https://host.example/v1, "
                "without a name, a key or a question mark in it."
            )
        if not (address.secure or allow_http or is_this_machine(address.host)):
            self.refuse(
                f"has plain http in {key} in {{place}}, to a host that is not this machine: "
                "whoever is on the way reads the questions and the key. Use https, or write "
                "allow_http = true where you trust the network."
            )
        return address.url


def refuse(file: Path, what: str) -> NoReturn:
    raise ConfigurationError(reason=f"The models file {file} {what}")


def _shown(key: str) -> str:
    """Write an unknown key of a table, which may itself be anything."""
    return key if re.fullmatch(r"[A-Za-z_]{1,20}", key) else "“…”"


def _quoted(names: Collection[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))
