"""The command `liaochat`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from webapp import __version__
from webapp.config import CODE_VARIABLE, Entry, Settings, load_settings
from webapp.errors import ConfigurationError

_PORTS = 65_536


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status. A wrong setting is one sentence and 2."""
    options = _parser().parse_args(arguments)
    given = {name: value for name in ("host", "port") if (value := getattr(options, name, None))}
    if options.command == "doctor":
        return _examine(options.url)
    try:
        settings, entries = load_settings(os.environ, given)
        match options.command:
            case "serve":
                return _serve(settings, entries, debug=options.debug, open_browser=options.browser)
            case "link":
                _print_link(settings, options.name)
            case "local-server":
                _serve_models(settings, options.at_host, options.at_port, options.auth_code)
            case "settings":
                _print_settings(entries)
            case "models":
                return _print_models(settings, entries, check=options.check)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="liaochat", description="A web chat for a small team that hosts it itself."
    )
    parser.add_argument("--version", action="version", version=f"liaochat {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    serve = commands.add_parser(
        "serve", help="start the server", description="Start the server and print a sign-in link."
    )
    serve.add_argument("--host", help="the address to listen on (LIAOCHAT_HOST)")
    serve.add_argument("--port", help="the port to listen on (LIAOCHAT_PORT)")
    serve.add_argument(
        "--no-browser", dest="browser", action="store_false", help="do not open a browser"
    )
    serve.add_argument(
        "--debug", action="store_true", help="serve with werkzeug, for development only"
    )

    link = commands.add_parser(
        "link",
        help="print a fresh sign-in link",
        description="Print a fresh one-time sign-in link for a user.",
    )
    link.add_argument("name", nargs="?", help="the user's name; without it, the owner")

    models = commands.add_parser(
        "local-server",
        help="serve the models on this machine to other tools",
        description="Serve the models on this machine to other tools, as Liaobots does "
        "(POST /api/chat) and as OpenAI does (POST /v1/chat/completions).",
    )
    models.add_argument(
        "--host", dest="at_host", default="127.0.0.1", help="the address to listen on (%(default)s)"
    )
    models.add_argument(
        "--port",
        dest="at_port",
        type=_port,
        default=8001,
        help="the port to listen on (%(default)s); 0 takes a free one",
    )
    models.add_argument(
        "--auth-code",
        default=os.environ.get(CODE_VARIABLE),
        help="the code that others have to send; everybody on this machine can see it here, so "
        f"set {CODE_VARIABLE} instead. Where others can reach the port, one is made if none is "
        "given",
    )

    commands.add_parser(
        "settings",
        help="print all settings",
        description="Print every setting with its value, where that came from, and what it is for.",
    )

    models = commands.add_parser(
        "models",
        help="print all models, and ask their providers for a word",
        description="Print the models of all providers with where each comes from. The providers "
        "that need no person's key are asked what they offer.",
    )
    models.add_argument(
        "--check",
        action="store_true",
        help="ask each of those for one word; the exit status is 1 where one fails",
    )

    doctor = commands.add_parser(
        "doctor",
        help="say what is wrong between browsers and the server",
        description="Ask a running Liaochat as browsers do, and say what is wrong on the way. "
        "The exit status is 1 where something is.",
    )
    doctor.add_argument("--url", required=True, help="the address that people open")
    return parser


def _serve(settings: Settings, entries: Sequence[Entry], *, debug: bool, open_browser: bool) -> int:
    from webapp.server import REFUSED, serve  # noqa: PLC0415 - gunicorn, for this command only

    try:
        serve(settings, entries, debug=debug, open_browser=open_browser)
    except SystemExit as ended:
        return 2 if ended.code == REFUSED else int(ended.code or 0)
    return 0


def _print_models(settings: Settings, entries: Sequence[Entry], *, check: bool) -> int:
    from webapp.model_report import report  # noqa: PLC0415 - for this command only

    good = True
    for finding in report(settings, entries, os.environ, check=check):
        print(finding.text, flush=True)
        good = good and finding.good is not False
    return 0 if good else 1


def _serve_models(settings: Settings, host: str, port: int, code: str | None) -> None:
    from webapp.local_server.opening import open_server  # noqa: PLC0415 - for this command only

    opened = open_server(settings, host=host, port=port, code=code)
    try:
        print(f"Models:         {', '.join(opened.server.models)}")
        print(f"Like Liaobots:  {opened.server.url}  (POST /api/chat)")
        print(f"Like OpenAI:    {opened.server.url}/v1")
        print(f"Auth code:      {opened.about_code}", flush=True)
        opened.server.run()
    finally:
        opened.close()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < _PORTS):
        raise argparse.ArgumentTypeError("a whole number from 0 to 65535")
    return int(text)


def _examine(url: str) -> int:
    from webapp.clock import SystemClock  # noqa: PLC0415 - for this command only
    from webapp.doctor import examine  # noqa: PLC0415

    good = True
    for finding in examine(url, now=SystemClock().now()):
        print(f"{'ok   ' if finding.good else 'FAULT'}  {finding.text}", flush=True)
        good = good and finding.good
    return 0 if good else 1


def _print_link(settings: Settings, name: str | None) -> None:
    from webapp.app import open_database  # noqa: PLC0415 - the database, for this command only
    from webapp.clock import SystemClock  # noqa: PLC0415
    from webapp.server import running_address  # noqa: PLC0415
    from webapp.store import members, users  # noqa: PLC0415
    from webapp.team.audit import Audit  # noqa: PLC0415

    address = running_address(settings)
    if address is None:
        raise ConfigurationError(
            reason=f"No Liaochat runs with the data folder {settings.data_dir}. "
            "Start it with “liaochat serve”: that prints a link as well."
        )
    database, clock = open_database(settings), SystemClock()
    now = clock.now()
    try:
        with database.writing() as connection:
            owner = users.ensure_owner(connection, now=now)
            user = owner if name is None else users.find_by_name(connection, name)
            if user is None:
                raise ConfigurationError(reason=f"There is no user called “{name}”.")
            if members.is_disabled(connection, user.id):
                raise ConfigurationError(
                    reason=f"“{user.name}” is disabled. An owner can enable them under “Team”."
                )
            token = users.make_link(connection, user, now=now)
            Audit(database, clock).record(
                connection, "link.made", user.name, actor=None, address=""
            )
        print(f"Open {address}/sign-in/{token}")
    finally:
        database.close()


def _print_settings(entries: Sequence[Entry]) -> None:
    for entry in entries:
        print(f"{entry.variable} = {entry.value or '(empty)'}  [{entry.source}]")
        print(f"    {entry.help}")
