"""The services of one application: built once in app.py, found through `services()`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from webapp.chat.catalogue import Catalogue
from webapp.chat.drafts import Drafts
from webapp.chat.export import Exports
from webapp.chat.export_turns import Turns
from webapp.chat.files import DraftFiles
from webapp.chat.images import Images
from webapp.chat.importing.importer import Importer
from webapp.chat.library import Library
from webapp.chat.lists import Lists
from webapp.chat.presets import Presets
from webapp.chat.prompts import Prompts
from webapp.chat.retention import Retention
from webapp.chat.service import ChatService
from webapp.chat.shares import Shares
from webapp.clock import Clock
from webapp.config import Entry, Settings
from webapp.providers.base import Model
from webapp.providers.local import Local
from webapp.rounds import Rounds
from webapp.store.database import Database
from webapp.store.vault import Vault
from webapp.team.accounts import Accounts
from webapp.team.audit import Audit
from webapp.team.balances import Balances
from webapp.team.choices import Choices
from webapp.team.invitations import Invitations
from webapp.team.keys import Keys
from webapp.team.leaving import Departures
from webapp.team.members import Members
from webapp.team.quotas import Quotas
from webapp.team.reports import Reports
from webapp.team.team_code import TeamCode
from webapp.web.allowance import Allowances
from webapp.web.assets import Assets
from webapp.web.doorkeeper import Doorkeeper
from webapp.web.event_stream import Streams
from webapp.web.hub import Hub
from webapp.web.laggards import Laggards
from webapp.web.list_versions import ListVersions
from webapp.web.present import Presenter
from webapp.web.publisher import Publisher
from webapp.web.turnstile import Turnstile

EXTENSION = "liaochat"


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    entries: Sequence[Entry]
    clock: Clock
    database: Database
    vault: Vault
    audit: Audit
    choices: Choices
    team_code: TeamCode
    quotas: Quotas
    reports: Reports
    balances: Balances
    invitations: Invitations
    accounts: Accounts
    departures: Departures
    members: Members
    catalogue: Catalogue
    keys: Keys
    local: Local | None
    chat: ChatService
    library: Library
    images: Images
    files: DraftFiles
    drafts: Drafts
    lists: Lists
    shares: Shares
    exports: Exports
    export_turns: Turns
    importer: Importer
    prompts: Prompts
    presets: Presets
    presenter: Presenter
    assets: Assets
    hub: Hub
    streams: Streams
    laggards: Laggards
    allowances: Allowances
    list_versions: ListVersions
    publisher: Publisher
    doorkeeper: Doorkeeper
    retention: Retention
    turnstile: Turnstile = field(default_factory=Turnstile)

    @property
    def rounds(self) -> tuple[Rounds, ...]:
        """The threads that go rounds."""
        return self.images, self.doorkeeper, self.retention, self.departures, self.balances

    @property
    def models(self) -> tuple[Model, ...]:
        """The models of the catalogue, with those that the owner does not offer."""
        return tuple(self.catalogue.offer.models.values())

    @property
    def offered(self) -> tuple[Model, ...]:
        """The models that can be chosen at this moment."""
        hidden = set(self.choices.hidden_models)
        return tuple(model for model in self.models if model.key not in hidden)

    def find_offered(self, key: str | None) -> Model | None:
        """Find a model that can be chosen at this moment."""
        hidden = key in self.choices.hidden_models
        return None if hidden else self.catalogue.offer.models.get(key or "")

    @property
    def title_model(self) -> Model | None:
        """The model that titles conversations, where one does."""
        return self.catalogue.known(self.settings.title_model)


def services() -> Services:
    return cast("Services", current_app.extensions[EXTENSION])
