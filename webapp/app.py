"""The application: the only place that chooses implementations and wires them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from flask import Flask

from webapp.chat.drafts import Drafts
from webapp.chat.export import Exports
from webapp.chat.export_turns import Turns
from webapp.chat.files import DraftFiles
from webapp.chat.images import Images
from webapp.chat.importing.importer import Importer
from webapp.chat.journal import Journal
from webapp.chat.library import Library
from webapp.chat.lists import Lists
from webapp.chat.model_names import ModelNames
from webapp.chat.presets import Presets
from webapp.chat.prompts import Prompts
from webapp.chat.reaper import reap
from webapp.chat.rehearsal import rehearse
from webapp.chat.retention import Retention
from webapp.chat.runner import Deadlines, Runner
from webapp.chat.service import ChatService
from webapp.chat.shares import Shares
from webapp.chat.titles import Titler
from webapp.clock import SystemClock
from webapp.config import Entry, Settings
from webapp.doors import open_doors
from webapp.errors import CannotSave
from webapp.log.memory import MemoryLog
from webapp.providers.base import AuthCode
from webapp.providers.credits import NoCredits
from webapp.providers.liaobots_door import open_credits
from webapp.providers.local import SLOTS, Local, open_local
from webapp.providers.models_file import LIAOBOTS
from webapp.store.database import Database
from webapp.store.ids import new_id
from webapp.store.schema import migrate
from webapp.store.users import ensure_owner, make_link
from webapp.store.vault import Vault
from webapp.team.accounts import Accounts
from webapp.team.audit import Audit
from webapp.team.balances import Balances
from webapp.team.choices import Choices
from webapp.team.invitations import Invitations
from webapp.team.keys import Keys
from webapp.team.leaving import Departures
from webapp.team.members import Members
from webapp.team.passwords import Passwords
from webapp.team.quotas import Quotas
from webapp.team.reports import Reports
from webapp.team.team_code import TeamCode
from webapp.web import app_parts, proxy_sign_in
from webapp.web.allowance import Allowances
from webapp.web.announce import announce_entry, announce_moved, announce_saving, ended_frame, resume
from webapp.web.announce_lists import announce_arranged, announce_imported
from webapp.web.assets import Assets, asset_dir
from webapp.web.balances import paid
from webapp.web.connection import RESTARTING
from webapp.web.doorkeeper import Doorkeeper
from webapp.web.event_stream import Streams
from webapp.web.followed import Followed
from webapp.web.hub import Hub
from webapp.web.laggards import Laggards
from webapp.web.list_versions import ListVersions
from webapp.web.present import Presenter
from webapp.web.publisher import Publisher
from webapp.web.services import EXTENSION, Services
from webapp.web.sessions import still_signed_in

_SHUTDOWN = 1.0


@dataclass(frozen=True, slots=True)
class Application:
    """A ready Flask application, and the life of the threads behind it."""

    flask: Flask
    services: Services
    runner: Runner
    titler: Titler

    def start(self) -> None:
        """Start the threads. To be called in the process that answers, after any fork."""
        self.services.laggards.start()
        self.services.publisher.start()
        for rounds in self.services.rounds:
            rounds.start()
        self.services.catalogue.start()
        self.services.importer.start()
        self.runner.start(
            lambda late: announce_saving(self.services, late=late),
            lambda run: announce_moved(self.services, run),
            lambda run: paid(self.services, run),
        )
        self.services.publisher.do(self._rehearse)  # last: the link is waited for

    def _rehearse(self) -> None:
        """Do once what the first who ask would wait for."""
        self.services.presenter.prepare()
        with suppress(CannotSave):  # the database has said why in the log
            asked = rehearse(self.services.database, now=self.services.clock.now())
            self.services.presenter.rehearse(asked.conversation, asked.new)

    def say_goodbye(self) -> None:
        """Tell every open page that the server restarts, and take no new ones. Does not wait."""
        self.services.hub.close(RESTARTING, "the server restarts")

    def close(self) -> None:
        """End all answers as interrupted with their text stored, then all threads."""
        self.say_goodbye()
        self.titler.close()
        self.runner.close(_SHUTDOWN)
        self.services.importer.close(_SHUTDOWN)
        for rounds in self.services.rounds:
            rounds.close(_SHUTDOWN)
        self.services.publisher.close(_SHUTDOWN)
        self.services.laggards.close()
        self.services.catalogue.close(_SHUTDOWN)
        self.services.database.close()

    def sign_in_path(self) -> str:
        """Make a one-time sign-in link for the owner and return its path."""
        database, clock = self.services.database, self.services.clock
        with database.writing() as connection:
            owner = ensure_owner(connection, now=clock.now())
            token = make_link(connection, owner, now=clock.now())
            self.services.audit.record(connection, "link.made", owner.name, actor=None, address="")
        return f"/sign-in/{token}"


def create_app(settings: Settings, entries: Sequence[Entry] = ()) -> Application:
    """Build everything. Raises `ConfigurationError` where the settings cannot work.

    The entries tell where the settings come from: the owner can choose what is a default.

    The caller holds the data folder for itself: answers that other runs left behind
    are ended here.
    """
    proxy_sign_in.check(settings)
    clock, server_id = SystemClock(), new_id()
    database = open_database(settings)
    reap(database, server_id, silent_since=clock.now())
    choices = Choices(database, clock, settings, entries)

    vault, audit = Vault.at(settings.key_file), Audit(database, clock)
    keys, team_code = Keys(database, vault, clock), TeamCode(database, vault, clock)
    local = open_local(settings)
    catalogue = open_doors(settings, database, clock, keys=keys, local=local)
    names = ModelNames(database, catalogue.known)
    log = MemoryLog()
    journal = Journal(database, log, clock, server_id=server_id)
    runner = Runner(
        log=log,
        journal=journal,
        providers=catalogue.providers,
        clock=clock,
        deadlines=Deadlines(
            first_text=settings.first_text_timeout,
            idle=settings.idle_timeout,
            answer=settings.answer_timeout,
        ),
        answer_limit=settings.answer_limit,
    )
    titler = Titler(
        database=database,
        clock=clock,
        providers=catalogue.providers,
        model=lambda: services.title_model,
        on_titled=lambda user_id, conversation_id: announce_entry(
            services, user_id, conversation_id
        ),
    )

    def code_of_team(provider: str) -> AuthCode | None:
        if provider == LIAOBOTS:
            return team_code.find()
        entry = catalogue.entry(provider)
        kept = None if entry is None else keys.team(entry)
        return None if kept is None else kept.key

    images = Images(database=database, clock=clock, folder=settings.images_dir)
    chat = ChatService(
        database=database,
        log=log,
        runner=runner,
        clock=clock,
        server_id=server_id,
        titler=titler,
        team_code=code_of_team,
        remember=names.remember,
        read_image=images.read,
        slots={Local.name: SLOTS},
    )
    library = Library(database=database, clock=clock)

    assets = Assets(asset_dir("static"))
    flask = app_parts.make_app(settings, assets)
    presenter = Presenter(flask.jinja_env, clock, model_name=names.of)

    def ended(followed: Followed) -> None:
        announce_entry(services, followed.user_id, followed.conversation_id)
        titler.ended(followed.generation_id)

    sharing = Shares(
        database=database, vault=vault, clock=clock, public_allowed=lambda: choices.public_sharing
    )
    hub = Hub(
        limit=settings.max_sockets,
        limit_per_user=settings.max_sockets_per_user,
        limit_of_visitors=settings.max_visitors,
    )
    importer = Importer(
        database=database,
        clock=clock,
        images=images,
        folder=settings.imports_dir,
        limit=settings.import_limit,
        answer_limit=settings.answer_limit,
        on_done=lambda user_id: announce_imported(services, user_id),
    )
    importer.recover()
    services = Services(
        settings=settings,
        entries=entries,
        clock=clock,
        database=database,
        vault=vault,
        audit=audit,
        choices=choices,
        team_code=team_code,
        quotas=Quotas(database, clock),
        reports=Reports(database, clock),
        balances=Balances(
            open_credits(settings) if settings.balance else NoCredits(), vault, clock
        ),
        invitations=Invitations(database, clock, audit),
        departures=Departures(database, clock, audit),
        accounts=Accounts(database, clock, audit, Passwords()),
        members=Members(database, clock, audit),
        catalogue=catalogue,
        keys=keys,
        local=local,
        chat=chat,
        library=library,
        images=images,
        files=DraftFiles(database=database, clock=clock, images=images),
        drafts=Drafts(database=database, clock=clock),
        lists=Lists(database=database, clock=clock),
        shares=sharing,
        exports=Exports(database, images.read),
        export_turns=Turns(clock),
        importer=importer,
        prompts=Prompts(database=database, clock=clock),
        presets=Presets(
            database=database,
            clock=clock,
            models=lambda: [one.key for one in services.offered],
        ),
        presenter=presenter,
        assets=assets,
        hub=hub,
        list_versions=ListVersions(),
        streams=Streams(),
        laggards=Laggards(),
        allowances=Allowances(),
        publisher=Publisher(
            log,
            ended_frame=lambda followed, ending: ended_frame(services, followed, ending),
            on_ended=ended,
            on_lost=lambda connection: resume(services, connection),
            reads_only=hub.reads_only,
            on_drawn=presenter.keep,
        ),
        retention=Retention(
            database=database,
            clock=clock,
            library=library,
            days=lambda: choices.retention_days,
            on_retired=lambda user_id, ids: announce_arranged(services, user_id, ids),
            audit=audit,
            audit_days=settings.audit_days,
        ),
        doorkeeper=Doorkeeper(hub, sharing.still_open, partial(still_signed_in, database, clock)),
    )
    flask.extensions[EXTENSION] = services
    app_parts.init_app(flask)
    return Application(flask, services, runner, titler)


def open_database(settings: Settings) -> Database:
    """Open the database of the data folder at this version's schema."""
    database = Database(settings.database_file)
    migrate(database)
    return database
