"""Readers who are cut off at random moments and come back, as phones and laptops do."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.support.page import Page
from tests.support.server import Browser

_RESET = struct.pack("ii", 1, 0)
_PATIENCE = 60


def cut(page: Page) -> None:
    """End a page's socket as a lost network does: no goodbye in either direction."""
    page.socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    page.socket.sock.close()


def come_back(browser: Browser, page: Page) -> None:
    """Open a socket anew, and tell the server what the page shows, as ours does."""
    page.socket = browser.connect()
    page.closed = None
    for article in page.articles:
        article.version = None
    page.watch()


def read_with_cuts(browser: Browser, page: Page, cuts: int, chance: random.Random) -> int:
    """Read an answer to its end, cut off so many times unless it ends before; how many it was."""
    done = 0
    deadline = time.monotonic() + _PATIENCE
    while page.articles == [] or page.answer.state == "running" or done < cuts:
        assert time.monotonic() < deadline, f"the answer did not end; it is {page.text()!r}"
        until = time.monotonic() + chance.expovariate(1 / 0.03)
        while (left := until - time.monotonic()) > 0 and page.closed is None:
            page.read(left)
        if done < cuts:
            cut(page)
            come_back(browser, page)
            done += 1
        elif page.closed is not None:
            come_back(browser, page)
        if done >= cuts and page.answer.state != "running":
            break
    return done


def shown_to_all(
    browser: Browser, conversation: str, *, readers: int, cuts: int, seed: int
) -> list[str]:
    """Have readers watch a conversation, each cut off so often; what each is shown at the end."""
    pages = [browser.open(conversation) for _ in range(readers)]
    opening = threading.Lock()  # the list of sockets that a browser keeps is not for threads

    def read(number: int) -> str:
        page = pages[number]
        with opening:
            page.wait("messages")
        read_with_cuts(browser, page, cuts, random.Random(seed + number))  # noqa: S311 - a seed that can be repeated
        return page.text()

    with ThreadPoolExecutor(readers) as pool:
        return list(pool.map(read, range(readers)))
