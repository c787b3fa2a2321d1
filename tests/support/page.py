"""A page without a browser: it keeps what the frames say, by the rules of docs/protocol.md."""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from websocket import ABNF, WebSocket, WebSocketConnectionClosedException, WebSocketTimeoutException

from tests.support import canary
from tests.support.dom import Body

_ARTICLE = re.compile(r'<article[^>]* id="message-([0-9a-f]{32})" data-state="(\w+)"')


@dataclass
class Article:
    """A message as the page holds it."""

    id: str
    state: str
    html: str
    body: Body = field(default_factory=Body)
    footer: str = ""
    version: int | None = None
    patches: int = 0
    thoughts: str = ""
    thoughts_label: str = ""


class Page:
    """Reads frames until something is true; every wait has a deadline."""

    def __init__(self, socket: WebSocket, conversation: str | None = None) -> None:
        self.socket = socket
        self.conversation = conversation
        self.articles: list[Article] = []
        self.frames: list[dict[str, Any]] = []
        self._asked = False
        self._before: set[str] | None = None
        self.older: str | None = None
        self.newer: str | None = None
        self.closed: int | None = None
        self.close_reason = ""
        if conversation is not None:
            self.watch()

    def take(self, html: str) -> None:
        """Begin with the messages of a page that was loaded."""
        self.articles = [
            _drawn(f"<article{one}") for one in html.partition("<template")[0].split("<article")[1:]
        ]

    # What a person does

    def send(self, text: str, *, client_id: str | None = None) -> str:
        client_id = client_id or str(uuid.uuid4())
        self._before = {article.id for article in self.articles}
        self.put(
            type="send",
            client_id=client_id,
            conversation=self.conversation,
            parent=self.articles[-1].id if self.articles else None,
            text=text,
        )
        return client_id

    def stop(self) -> None:
        self.put(type="stop", message=self.answer.id)

    def delete(self, message: str) -> None:
        """Delete a message, having seen all that the page shows."""
        self.put(type="delete", message=message, last=self.articles[-1].id)

    def watch(self) -> None:
        last = self.articles[-1] if self.articles else None
        self.put(
            type="watch",
            conversation=self.conversation,
            last=None if last is None else last.id,
            state=None if last is None else last.state,
        )

    def put(self, **frame: Any) -> None:
        self.socket.send(json.dumps(frame))

    def close(self) -> None:
        self.socket.close(timeout=5)

    # What they see

    @property
    def answer(self) -> Article:
        return self.articles[-1]

    @property
    def running(self) -> bool:
        return any(article.state == "running" for article in self.articles)

    def wait(self, frame_type: str, timeout: float = 20, **fields: Any) -> dict[str, Any]:
        """Read frames up to one of this type with these fields, and return it.

        An answer that is quicker than its first frames comes with its end, as `messages`.
        """
        deadline = time.monotonic() + timeout
        while True:
            frame = self.read(deadline - time.monotonic())
            assert frame is not None, f"no {frame_type} {fields} in {timeout} s: {self._seen()}"
            if frame_type == "ended" and frame["type"] == "messages" and self._is_answered():
                answer = self.answer
                frame = {"type": "ended", "message": answer.id, "state": answer.state}
            if frame["type"] == frame_type and fields.items() <= frame.items():
                self._before = None if frame_type == "ended" else self._before
                return frame

    def wait_for_text(self, text: str, timeout: float = 20) -> None:
        deadline = time.monotonic() + timeout
        while text not in self.text():
            frame = self.read(deadline - time.monotonic())
            assert frame is not None, f"no “{text}” in {timeout} s: {self._seen()}"

    def wait_answered(self, timeout: float = 20) -> Article:
        """Read until what was just sent is answered."""
        self.wait("ended", timeout)
        return self.answer

    def wait_complete(self, timeout: float = 20) -> Article:
        """Read until the last answer is here and complete, in whichever frames it comes."""
        deadline = time.monotonic() + timeout
        while len(self.articles) < 2 or self.answer.state != "complete":
            frame = self.read(deadline - time.monotonic())
            assert frame is not None, f"no answer in {timeout} s: {self._seen()}"
        return self.answer

    def wait_closed(self, timeout: float = 20) -> int:
        """Read until the server closes, and return the code."""
        deadline = time.monotonic() + timeout
        while self.closed is None:
            assert self.read(deadline - time.monotonic()) is not None or self.closed is not None
        return self.closed

    def read(self, timeout: float) -> dict[str, Any] | None:
        """Read and apply one frame; None when none comes or the socket is closed."""
        deadline = time.monotonic() + timeout
        opcode = ABNF.OPCODE_PING
        while opcode in {ABNF.OPCODE_PING, ABNF.OPCODE_PONG}:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                opcode, payload = self.socket.recv_data(control_frame=True)
            except WebSocketTimeoutException:
                return None
            except (WebSocketConnectionClosedException, ConnectionError):
                self.closed = self.closed or 1006
                return None
        if opcode == ABNF.OPCODE_CLOSE:
            self.closed = int.from_bytes(payload[:2], "big") or 1005
            self.close_reason = payload[2:].decode()
            return None
        canary.expect_none("a frame", payload)
        frame: dict[str, Any] = json.loads(payload)
        self.frames.append(frame)
        self._apply(frame)
        return frame

    def text(self) -> str:
        """The words of the last answer."""
        return self.answer.body.text() if self.articles else ""

    def _is_answered(self) -> bool:
        """Tell whether what was sent last has its answer already."""
        sent = self._before is not None and bool(self.articles)
        return sent and not self.running and self.answer.id not in (self._before or ())

    def _apply(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "accepted":
                self.conversation = frame["conversation"]["id"]
            case "messages":
                self._replace(frame)
            case "snapshot":
                self._asked = False
                if article := self._article(frame["message"]):
                    article.body.replace(frame["html"])
                    article.version = frame["version"]
                else:
                    self._ask()
            case "patch":
                self._patch(frame)
            case "thinking":
                if article := self._article(frame["message"]):
                    assert frame["offset"] in {0, len(article.thoughts)}, "a gap in thoughts"
                    article.thoughts = article.thoughts[: frame["offset"]] + frame["text"]
            case "ended":
                self._asked = False
                if article := self._article(frame["message"]):
                    article.state, article.footer = frame["state"], frame["footer"]
                    article.thoughts_label = frame["thoughts"]

    def _patch(self, frame: dict[str, Any]) -> None:
        article = self._article(frame["message"])
        if article is None:
            self._ask()
        elif article.version is not None:
            assert frame["version"] == article.version + 1, "a gap between patches"
            article.version += 1
            article.body.apply(frame["ops"])
            article.patches += 1

    def _replace(self, frame: dict[str, Any]) -> None:
        self._asked = False
        fresh = [_drawn(html) for html in frame["html"]]
        shown = [article.id for article in self.articles]
        if frame["after"] is None:
            start, self.older = 0, frame["older"]
        elif frame["after"] in shown:
            start = shown.index(frame["after"]) + 1
        elif fresh and fresh[0].id in shown:
            start = shown.index(fresh[0].id)
        else:
            self._ask()
            return
        self.articles[start:] = fresh
        self.newer = frame["newer"]

    def _ask(self) -> None:
        """Ask for what is missing here: once for each gap, however many frames fall into it."""
        if not self._asked:
            self._asked = True
            self.watch()

    def _article(self, message_id: str) -> Article | None:
        return next((article for article in self.articles if article.id == message_id), None)

    def _seen(self) -> str:
        return json.dumps([*self.frames[-8:], {"closed": self.closed}], ensure_ascii=False)


def _drawn(html: str) -> Article:
    found = _ARTICLE.search(html)
    assert found, html
    article = Article(found[1], found[2], html)
    if article.state != "running":
        article.body.replace(html)
    return article
