"""A server of the models file as the rest of Liaochat asks it: with keys for it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from webapp.errors import KeyElsewhere
from webapp.providers.base import AuthCode, Cancellation, Listed, Piece, Provider, Question
from webapp.providers.keys import BoundKey
from webapp.providers.models_file import ProviderEntry


class ListingProvider(Provider, Protocol):
    """A provider that can be asked what it offers."""

    def models(self, key: AuthCode | None) -> Sequence[Listed]:
        """Ask with a key, or without one; raise `ProviderError`. It takes seconds at most."""
        ...


class Guarded:
    """A `Provider` in front of another one, that lets no key pass which is not for it.

    Between the moment in which a key is looked up for a question and the one in which it is
    sent, a new models file can put another server under the same name.
    """

    def __init__(self, entry: ProviderEntry, provider: ListingProvider) -> None:
        self.entry = entry
        self.name = entry.id
        self.title = entry.name
        self._provider = provider

    def stream(self, question: Question, cancellation: Cancellation) -> Iterator[Piece]:
        """As the provider behind; raises `KeyElsewhere` before anything is sent."""
        self._check(question.auth_code)
        return self._provider.stream(question, cancellation)

    def models(self, key: AuthCode | None) -> Sequence[Listed]:
        self._check(key)
        return self._provider.models(key)

    def close(self) -> None:
        self._provider.close()

    def _check(self, key: AuthCode | None) -> None:
        if key is None:
            return
        if not isinstance(key, BoundKey) or not key.is_for(self.entry.id, self.entry.origins):
            raise KeyElsewhere(provider=self.title)
