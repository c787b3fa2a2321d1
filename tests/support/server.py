"""The real server as a process, and a browser without a window: cookies, forms, a socket."""

from __future__ import annotations

import html
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import requests
from websocket import WebSocket, create_connection

from tests.support import canary
from tests.support.databases import lay
from tests.support.forked import Forked
from tests.support.links import name_of_a_newcomer, sign_in_token
from tests.support.page import Page

# As `python -m webapp`, but that it logs whatever there is to say: see `canary`.
_SERVE = """
import sys
from tests.support import canary
canary.listen(to_all={to_all})
from webapp.cli import main
sys.exit(main())
"""
_ROOT = Path(__file__).parent.parent.parent
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_LINE = re.compile(r"Open ((http://\S+)/sign-in/\S+)")


@dataclass
class Address:
    """Where a server is met: its own address, or that of a proxy before it."""

    url: str
    data_dir: Path

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def fresh_link(self, name: str | None = None) -> str:
        """Make a link for the owner, or for a member, who is made where there is none."""
        return f"{self.url}/sign-in/{sign_in_token(self.data_dir, name)}"

    def link_of_a_newcomer(self) -> str:
        return self.fresh_link(name_of_a_newcomer())


class Server(Address):
    """`liaochat serve` on a free port of loopback, with a data folder of its own."""

    def __init__(
        self,
        data_dir: Path,
        settings: Mapping[str, str] | None = None,
        *,
        arguments: Sequence[str] = (),
        log_all: bool = False,
        first_start: bool = False,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """Serve from a folder that holds an empty database, or nothing at a `first_start`.

        With that, or where it shall log all, its process is started as a host does, else forked.

        `keys` are what the environment holds for providers, by their variables.
        """
        self.data_dir = data_dir
        if not first_start:
            lay(data_dir / "liaochat.db")
        self._as_a_host_does = first_start or log_all
        self._program = _SERVE.format(to_all=log_all)
        self._arguments = arguments
        self._keys = keys or {}
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("LIAOCHAT_")
        } | {
            "LIAOCHAT_DATA_DIR": str(data_dir),
            "LIAOCHAT_PORT": "0",
            # Nobody listens there: a test that means Liaobots says where it is.
            "LIAOCHAT_LIAOBOTS_URL": "http://127.0.0.1:9",
            **{f"LIAOCHAT_{name.upper()}": value for name, value in (settings or {}).items()},
            **self._keys,
        }
        self._errors: list[str] = []
        self.start()

    def start(self, *, port: str = "0") -> None:
        environ = self.environ | {"LIAOCHAT_PORT": port, "PYTHONPATH": _path()}
        arguments = ["serve", *self._arguments]
        self.process: subprocess.Popen[str] | Forked
        if self._as_a_host_does:
            self.process = subprocess.Popen(
                [sys.executable, "-c", self._program, *arguments],
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        else:
            self.process = Forked(arguments, environ)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = _LINE.fullmatch(line.strip())
        assert found, f"no link was printed but {line!r}; {self.process.communicate(timeout=10)}"
        self.link, self.url = found[1], found[2]
        self._reader = threading.Thread(target=self._read_errors, name="server-errors")
        self._reader.start()

    @property
    def log(self) -> str:
        """What the server wrote to its standard error so far; all of it once it has ended."""
        return "".join(self._errors)

    def workers(self) -> list[int]:
        """The ids of the server's child processes; none once it has ended."""
        pid = self.process.pid
        with suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
            return [int(child) for child in children.split()]
        return []

    def stop(self, number: int = signal.SIGTERM, timeout: float = 15) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        if self.process.poll() is None:
            ids = [self.process.pid, *self.workers()]
            canary.expect_none_in_processes(ids, but=self._keys.values())
            self.process.send_signal(number)
        try:
            status = self.process.wait(timeout)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join()
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                stream.close()
        canary.expect_none("the log", self.log)
        canary.expect_none_in_files(self.data_dir)
        return status

    def kill(self) -> None:
        """End all its processes as a power cut would."""
        for pid in [*self.workers(), self.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._errors.append(line)


class Browser:
    """A signed-in browser, as far as the server can tell."""

    def __init__(self, server: Address, *, link: str | None = None, sign_in: bool = True) -> None:
        self.server = server
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.hooks["response"].append(_look_for_codes)
        self.http.headers["Origin"] = server.origin
        self.pages: list[Page] = []
        self._sockets: list[socket.socket] = []
        if sign_in:
            token = (link or server.fresh_link()).rpartition("/")[2]
            response = self.post("/sign-in", token=token)
            assert response.status_code == 200, response.text

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.server.url + path, timeout=20)

    def post(self, path: str, **fields: str) -> requests.Response:
        canary.note(fields.get("auth_code"))
        return self.http.post(self.server.url + path, data=fields, timeout=20)

    def use(self, model: str, auth_code: str | None = None) -> None:
        """Choose a model, and enter an auth code where one is given."""
        assert self.post("/session/model", model=model).status_code == 200
        if auth_code is not None:
            assert self.post("/session/auth-code", auth_code=auth_code).status_code == 200

    def enter_key(self, key: str, **more: str) -> requests.Response:
        """Enter a key into the form for it as the page shows it."""
        form = self.fields("/session/auth-code")
        return self.post("/session/auth-code", **form, auth_code=key, **more)

    def fields(self, action: str, path: str = "/") -> dict[str, str]:
        """Give what a page's first form for an address holds that nobody enters."""
        _, found, form = self.get(path).text.partition(f'action="{action}"')
        assert found, f"{path} has no form for {action}"
        hidden = _HIDDEN.findall(form.partition("</form>")[0])
        return {name: html.unescape(value) for name, value in hidden}

    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)

    def connect(
        self, path: str = "/socket", *, origin: str | None = None, cookie: str | None = None
    ) -> WebSocket:
        """Open a bare socket, as our own page does unless told otherwise."""
        opened = create_connection(
            self.server.url.replace("http", "ws", 1) + path,
            origin=self.server.origin if origin is None else origin,
            cookie=self.cookie() if cookie is None else cookie,
            # What a proxy before us would add.
            header=[f"{name}: {at}" for name, at in self.http.headers.items() if name[:2] == "X-"],
            timeout=20,
        )
        # websocket-client forgets a socket that the server has closed, without closing it.
        self._sockets.append(opened.sock)
        return opened

    def open(self, conversation: str | None = None, *, path: str = "/socket") -> Page:
        """Open a page on a conversation, or on a new chat."""
        page = Page(self.connect(path), conversation)
        self.pages.append(page)
        return page

    def close(self) -> None:
        for page in self.pages:
            page.close()
        for one in self._sockets:
            one.close()
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _look_for_codes(response: requests.Response, *_: object, **how: object) -> None:
    canary.expect_none(f"the headers of {response.url}", str(response.headers))
    if not how.get("stream"):
        canary.expect_none(response.url, response.content)


def _path() -> str:
    """Where the server's process finds the tests' own modules."""
    return os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))


def new_client_id() -> str:
    return str(uuid.uuid4())
