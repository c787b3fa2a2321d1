"""Serving: gunicorn's threads behind one listening socket, or werkzeug for development."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from webapp import heap
from webapp.config import Entry, Settings
from webapp.errors import ConfigurationError
from webapp.worker import Worker

if TYPE_CHECKING:
    from flask import Flask

SPARE_THREADS = 32
"""Threads for plain requests when every permitted socket is open."""

REFUSED = Arbiter.APP_LOAD_ERROR
_GRACE = 2
_LAST_WORDS = {"Shutting down: %s", "Reason: %s"}
_WILDCARDS = {"", "0.0.0.0", "::"}  # noqa: S104 - they are only recognised here


def serve(settings: Settings, entries: Sequence[Entry], *, debug: bool, open_browser: bool) -> None:
    """Serve until a signal ends it.

    What is wrong with the settings raises `ConfigurationError`, or is printed by the
    worker and ends this process with `SystemExit(REFUSED)`.
    """
    os.umask(0o077)  # what lies in the data folder is its owner's alone
    address_file = _claim(_make_folder(settings.data_dir) / settings.address_file.name)
    listener = _listen(settings)
    address = (settings.public_url or _address(settings, listener)) + settings.url_prefix
    address_file.truncate(0)
    address_file.write(address)
    address_file.flush()
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        level=logging.DEBUG if debug else logging.WARNING,
    )
    if debug:
        _serve_with_werkzeug(settings, entries, listener, address)
    else:
        logging.getLogger("gunicorn.error").addFilter(_not_said_already)
        _Gunicorn(settings, entries, listener, address, open_browser=open_browser).run()


def running_address(settings: Settings) -> str | None:
    """Tell where a server with this data folder answers at this moment, if one does."""
    try:
        with settings.address_file.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip() or None
    except FileNotFoundError:
        pass
    return None


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    """One worker with threads. All state is the worker's: the master only minds it."""

    def __init__(
        self,
        settings: Settings,
        entries: Sequence[Entry],
        listener: socket.socket,
        address: str,
        *,
        open_browser: bool,
    ) -> None:
        self._settings = settings
        self._entries = entries
        self.request_timeout = settings.request_timeout
        self._listener = listener
        self._address = address
        self._open_browser = open_browser
        self._close: Callable[[], None] | None = None
        self._say_goodbye: Callable[[], None] = lambda: None
        super().__init__()

    def load_config(self) -> None:
        threads = self._settings.max_sockets + self._settings.max_visitors + SPARE_THREADS
        for name, value in {
            "bind": f"fd://{self._listener.fileno()}",
            "worker_class": Worker,
            "workers": 1,
            "threads": threads,
            "worker_connections": 2 * threads,
            "keepalive": 15,
            "forwarder_headers": "",  # a path that anybody named would be believed of a proxy
            "graceful_timeout": _GRACE,
            "max_requests": 0,  # a worker that retires would cut its sockets
            "control_socket_disable": True,
            "errorlog": "-",
            "loglevel": "warning",
            "proc_name": "liaochat",
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        heap.keep_little()
        gc.disable()  # imports leave no garbage, and looking for it takes a tenth of them
        # Imported in the worker: the master stays small.
        from webapp.app import create_app  # noqa: PLC0415

        gc.freeze()
        gc.enable()
        try:
            application = create_app(self._settings, self._entries)
        except ConfigurationError as error:
            print(error, file=sys.stderr, flush=True)  # noqa: T201 - for the person who starts it
            os._exit(Arbiter.APP_LOAD_ERROR)
        link = self._address + application.sign_in_path()
        application.start()
        self._say_goodbye = application.say_goodbye
        self._close = application.close
        # What is here stays: a collection that looked at it all would hold up every answer.
        gc.collect()
        gc.freeze()
        print(f"Open {link}", flush=True)  # noqa: T201 - the one line of a start
        if self._open_browser and _has_browser():
            webbrowser.open(link)
        return application.flask

    def _begin(self, worker: Worker) -> None:
        """Let a signal to stop say goodbye at once; gunicorn alone would wait for all sockets."""

        def stop(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=self._say_goodbye, name="goodbye", daemon=True).start()
            worker.handle_exit(number, frame)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, stop)

    def _end(self, _arbiter: Arbiter, _worker: Worker) -> None:
        """Close what is left, and go: a handler that hangs must not keep the process."""
        if self._close is None:
            return  # the master, which calls this too
        try:
            self._close()
        finally:
            logging.shutdown()
            with contextlib.suppress(OSError):
                sys.stdout.flush()
            os._exit(0)


def _not_said_already(record: logging.LogRecord) -> bool:
    """Drop the master's lines about a worker that has said itself why it cannot start."""
    refused = isinstance(record.args, tuple) and REFUSED in record.args[1:]
    return record.msg not in _LAST_WORDS and not (refused and "exited with code" in record.msg)


def _serve_with_werkzeug(
    settings: Settings, entries: Sequence[Entry], listener: socket.socket, address: str
) -> None:
    from werkzeug.serving import make_server  # noqa: PLC0415 - for development only

    from webapp.app import create_app  # noqa: PLC0415 - as in the worker

    application = create_app(settings, entries)
    application.flask.debug = True
    application.start()
    print(f"Open {address}{application.sign_in_path()}", flush=True)  # noqa: T201 - as in the worker
    server = make_server(
        settings.host, settings.port, application.flask, threaded=True, fd=listener.fileno()
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        application.close()


def _make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            reason=f"The data folder {folder} cannot be made ({error.strerror}). "
            "Choose another one with LIAOCHAT_DATA_DIR."
        ) from error
    return folder


def _claim(file: Path) -> TextIO:
    """Lock the data folder for this process and its children, for as long as they live."""
    try:
        handle = file.open("a+", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            reason=f"The data folder {file.parent} cannot be written ({error.strerror}). "
            "Correct its permissions, or choose another one with LIAOCHAT_DATA_DIR."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        raise ConfigurationError(
            reason=f"Liaochat already runs with the data folder {file.parent}, under "
            f"{handle.read().strip() or 'an unknown address'}. Stop it first, "
            "or choose another folder with LIAOCHAT_DATA_DIR."
        ) from error
    return handle


def _listen(settings: Settings) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            settings.host or None,
            settings.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        family, kind, protocol, _, where = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(1024)
    except OSError as error:
        busy = error.errno == errno.EADDRINUSE
        raise ConfigurationError(
            reason=f"Port {settings.port} on {settings.host} is in use by another program. "
            "Stop that one, or choose another port with LIAOCHAT_PORT."
            if busy
            else f"Liaochat cannot listen on {settings.host}, port {settings.port}: "
            f"{error.strerror or error}. Choose others with LIAOCHAT_HOST and LIAOCHAT_PORT."
        ) from error
    return listener


def _address(settings: Settings, listener: socket.socket) -> str:
    host = "127.0.0.1" if settings.host in _WILDCARDS else settings.host
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{listener.getsockname()[1]}"


def _has_browser() -> bool:
    """Tell whether a window can open here; a browser in the terminal would only be in the way."""
    if not sys.stdout.isatty() or "CI" in os.environ:
        return False
    return sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
