"""The doors to models: what answers, as the settings and the models file say."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from webapp.chat.catalogue import Catalogue
from webapp.clock import Clock
from webapp.config import Settings
from webapp.errors import BadAuthCode, ConfigurationError
from webapp.providers.base import AuthCode, Provider
from webapp.providers.liaobots_door import open_liaobots
from webapp.providers.local import Local
from webapp.providers.models import check_hidden, check_title_model
from webapp.providers.models_file import (
    ModelsFile,
    ProviderEntry,
    find_models_file,
    read_models_file,
)
from webapp.providers.openai import OpenAI
from webapp.store.database import Database
from webapp.team.keys import Keys


def open_doors(
    settings: Settings, database: Database, clock: Clock, *, keys: Keys, local: Local | None
) -> Catalogue:
    """Make the catalogue of this server, with the models on this machine, if there are any.

    Raises `ConfigurationError` where the models file or a setting about models is wrong.
    """
    catalogue = Catalogue(
        models_file_of(settings),
        built_in=built_in(settings, local),
        local=[] if local is None else local.models,
        make=partial(make_provider, settings, os.environ),
        database=database,
        clock=clock,
        team_key=lambda entry: None if (kept := keys.team(entry)) is None else kept.key,
        read=reader(settings),
    )
    known = catalogue.offer.known.values()
    check_title_model(settings.title_model, known, catalogue.listing)
    check_hidden(settings.hidden_models, known, catalogue.listing)
    return catalogue


def models_file_of(settings: Settings) -> Callable[[], Path]:
    """Tell which models file holds, whenever that is asked."""
    return partial(find_models_file, settings.models_file, settings.data_dir)


def reader(settings: Settings) -> Callable[[Path], ModelsFile]:
    """Give what reads a models file for the doors that are open here."""
    return partial(read_models_file, classic=settings.liaobots_door == "classic")


def built_in(settings: Settings, local: Local | None) -> list[Provider]:
    """Make what needs no entry in a file: Liaobots, and the models on this machine."""
    liaobots = open_liaobots(settings)
    return [liaobots] if local is None else [liaobots, local]


def make_provider(settings: Settings, environ: Mapping[str, str], entry: ProviderEntry) -> OpenAI:
    """Make the provider of an entry; raise `ConfigurationError` where its key is not there."""
    return OpenAI(
        entry.hosts,
        name=entry.id,
        title=entry.name,
        key=environment_key(entry, environ) if entry.key == "environment" else None,
        connect_timeout=settings.connect_timeout,
        first_timeout=settings.first_text_timeout,
        read_timeout=settings.idle_timeout,
        total_timeout=settings.answer_timeout,
        answer_limit=settings.answer_limit,
    )


def environment_key(entry: ProviderEntry, environ: Mapping[str, str]) -> AuthCode:
    text = environ.get(entry.key_variable, "").strip()
    if not text:
        raise ConfigurationError(
            reason=f"The models file says that {entry.key_variable} holds the key for "
            f"“{entry.id}”, and it is not set. Set it where the server is started."
        )
    try:
        return AuthCode.parse(text)
    except BadAuthCode:
        raise ConfigurationError(
            reason=f"The variable {entry.key_variable}, with the key for “{entry.id}”, holds "
            "something that is no key: up to 512 visible ASCII characters. Correct it."
        ) from None
