"""What pages show of models and keys. Nothing in them is a secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelView:
    """One choice. `note` says in one line what a person should know before choosing.

    `lacks` names what it needs to be asked with and what is not there.
    `parameters` are the names of those that it takes, in one text.
    """

    key: str
    name: str
    provider: str
    max_length: int
    needs_auth_code: bool
    sees: bool
    selected: bool
    note: str = ""
    lacks: str = ""
    parameters: str = ""


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """The models of one provider; `more` says how many others it lists that are not offered."""

    title: str
    models: Sequence[ModelView]
    more: str = ""


@dataclass(frozen=True, slots=True)
class KeyView:
    """The auth code or key that the chosen model is asked with, as its panel shows it.

    `button` and `label` name it. It is one's `own` to enter, unless only the owner can. `state`
    says what there is, a code of one's own being `set` with its `tail`, perhaps `for_all` one's
    sessions, or entered for an address `elsewhere`; of the team's, which is `team_used`, the
    `allowance` is left. A key `goes_to` the `hosts` alone. The `balance` is empty where it is
    not known, and None where it is not shown.
    """

    provider: str
    button: str
    label: str
    own: bool
    set: bool = False
    for_all: bool = False
    tail: str = ""
    team_used: bool = False
    elsewhere: bool = False
    state: str = ""
    hosts: str = ""
    goes_to: str = ""
    allowance: Sequence[str] = ()
    balance: str | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """The settings of the browser session; each error belongs to its field.

    `missing` says what the chosen model needs and what is not there. A `key` is None where
    nothing that is offered needs one.
    """

    groups: Sequence[ModelGroup]
    model: ModelView | None
    key: KeyView | None
    missing: str = ""
    error: str = ""
    model_error: str = ""
