"""A person with a browser, and the tabs they have open: what they do and what they see."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.support import canary
from tests.support.server import Address
from webapp.store.ids import token_hash

# Most violations are in the console anyway; this way all of them are, in one form.
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("policy violated:", event.violatedDirective, event.blockedURI, event.sample));
"""


class Person:
    """One browser profile: its cookies, its storage, and all that went wrong in its pages."""

    def __init__(self, chromium: Browser, server: Address, **options: Any) -> None:
        self.server = server
        self.faults: list[str] = []
        self.requests: list[Request] = []
        self.sockets: list[str] = []
        self._expected: list[str] = []
        size = {"width": 1280, "height": 800}
        self.context = chromium.new_context(
            base_url=server.url, **{"viewport": size, "locale": "en-GB", **options}
        )
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(_TELL_VIOLATIONS)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        self.context.on("request", self._asked)
        self.context.on("page", self._opened)

    def sign_in(
        self, *, model: str | None = None, auth_code: str = "", name: str | None = None
    ) -> Tab:
        """Open a fresh sign-in link, as one clicks on it.

        With a model and a code all that is done beside the page, to save time; how a person
        does it is for `test_session.py` to see.
        """
        link = self.server.fresh_link(name)
        tab = Tab(self)
        if model is None:
            tab.page.goto(link)
        else:
            self._post("/sign-in", token=link.rpartition("/")[2])
            self._post("/session/model", model=model)
            self._post("/session/auth-code", auth_code=auth_code)
            tab.page.goto(f"{self.server.url}/")
        expect(tab.message).to_be_visible()
        return tab

    def open(self, address: str = "/") -> Tab:
        tab = Tab(self)
        tab.page.goto(self.server.url + address if address.startswith("/") else address)
        return tab

    def expects(self, error: str) -> None:
        """Let the console say this: it belongs to what the test does."""
        self._expected.append(error)

    @property
    def session_hash(self) -> str:
        """The key of their browser session's row."""
        (cookie,) = self.context.cookies()
        return token_hash(cookie["value"])

    def leave(self) -> None:
        for page in self.context.pages:
            if page.url.startswith(self.server.url):
                canary.expect_none(page.url, page.content())
        for page in self.context.pages:  # what a test holds back may be under way still
            page.unroute_all(behavior="ignoreErrors")
        self.context.close()

    def _post(self, path: str, **fields: str) -> None:
        canary.note(fields.get("auth_code"))
        origin, address = {"Origin": self.server.origin}, self.server.url + path
        answer = self.context.request.post(
            address, form=dict(fields), headers=origin, max_redirects=0
        )
        assert answer.status == 303, answer

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type not in {"error", "warning"}:
            return
        where = said.location.get("url", "")
        if not any(error in said.text for error in self._expected):
            self.faults.append(f"{said.type} in the console: {said.text} ({where})")

    def _asked(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((f"{self.server.url}/", "data:")):
            self.faults.append(f"a request to another place: {request.url}")

    def _opened(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._connected(socket.url))
        page.on("dialog", self._asked_by_dialog)

    def _connected(self, url: str) -> None:
        self.sockets.append(url)
        own = self.server.url.replace("http", "ws", 1)
        if not re.fullmatch(rf"{re.escape(own)}(/shared/[\w-]{{43}})?/socket", url):
            self.faults.append(f"a socket to another place: {url}")

    def _asked_by_dialog(self, dialog: Any) -> None:
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


class Tab:
    """A page, by the names that docs and assistive technology use."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.page = page = person.context.new_page()
        self.message = page.get_by_role("textbox", name="Message")
        self.send_button = page.get_by_role("button", name="Send")
        self.stop_button = page.get_by_role("button", name="Stop")
        self.model = page.get_by_role("combobox", name="Model")
        self.auth_code = page.get_by_role("button", name="Auth code")
        self.log = page.get_by_role("log", name="Conversation")
        self.articles = self.log.get_by_role("article")
        self.questions = self.log.locator(".message--user")
        self.answers = self.log.locator(".message--assistant")
        self.answer = self.answers.last
        self.words = self.answer.locator(".message__body")
        self.status = page.get_by_role("status")
        self.alert = page.locator("form.composer").get_by_role("alert")
        self.conversations = page.get_by_role("navigation", name="Conversations")
        self.strip = page.locator("div.connection")
        self.panel = page.locator("#auth-code")
        self.code_field = self.panel.get_by_role("textbox", name="Auth code")
        self.jump = page.get_by_role("button", name="Jump to the end")

    def use(self, model: str, auth_code: str | None = None) -> None:
        """Choose a model, and enter an auth code where one is given."""
        self.choose(model)
        if auth_code is not None:
            self.enter(auth_code)
            expect(self.auth_code).to_have_accessible_name("Auth code (set)")

    def choose(self, model: str) -> None:
        option = self.model.locator("option").filter(has_text=re.compile(rf"^{model}\b(?!-)"))
        key = option.first.get_attribute("value")
        assert key
        self.model.select_option(key)
        expect(self.model).to_have_value(key)

    def enter(self, auth_code: str) -> None:
        self.auth_code.click()
        self.code_field.fill(auth_code)
        self.code_field.press("Enter")

    def send(self, text: str) -> None:
        """Write a message and press Enter."""
        self.message.fill(text)
        self.message.press("Enter")

    def ask(self, text: str, state: str = "complete") -> None:
        """Send a message, and wait for the end of its answer."""
        count = self.answers.count()
        self.send(text)
        expect(self.answers).to_have_count(count + 1)
        self.expect_end(state)

    def expect_end(self, state: str = "complete") -> None:
        """Wait until what was just asked is here, and the last answer has ended so."""
        under_way = self.log.locator("[data-state=pending], [data-underway]")
        expect(under_way).to_have_count(0, timeout=30_000)
        expect(self.answer).to_have_attribute("data-state", state, timeout=30_000)

    def text(self) -> str:
        """The words of the last answer, as the document holds them."""
        return self.words.text_content() or ""

    def until(self, what: Callable[[], Any], timeout: float = 15) -> Any:
        """Ask until the answer is true, and return it: for what no `expect` can see."""
        deadline = time.monotonic() + timeout
        while not (found := what()):
            assert time.monotonic() < deadline, f"still {found!r} after {timeout} s"
            self.page.wait_for_timeout(10)  # also lets Playwright take in what happened
        return found

    @property
    def conversation(self) -> str:
        """The id of the conversation, once it has one."""
        expect(self.page).to_have_url(re.compile("/c/"))
        return self.page.url.rpartition("/")[2]
