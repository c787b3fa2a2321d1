"""A Chromium for the browser tests: one on the machine, else Debian's, else Playwright's.

`python -m tests.support.chromium` gets one where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VARIABLE = "LIAOCHAT_TEST_CHROMIUM"
_SHELL = "chromium-headless-shell"
"""Debian's Chromium without a browser's own windows: a third of the work of a test is theirs."""

_NAMES = (_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run a Chromium. Where there is none that is a failure: a skip would hide it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and not always here

    executable = find_chromium()
    assert executable, (
        "The browser tests need a Chromium: run “make chromium”, "
        f"or set {VARIABLE} to the path of one."
    )
    # Chromium's sandbox refuses to start under root, which containers run as.
    arguments = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


def find_chromium() -> str | None:
    """Give the path of a Chromium, or None where there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and rarely needed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> bool:
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        subprocess.run([apt, "update"], check=False)
        for name in (_SHELL, "chromium"):
            if subprocess.run([apt, "install", "--yes", name], check=False).returncode == 0:
                return True
    own = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return own.returncode == 0


if __name__ == "__main__" and find_chromium() is None and not (_install() and find_chromium()):
    sys.exit(
        "The browser tests need a Chromium and none could be installed. "
        f"Install one (Debian: apt install chromium), or set {VARIABLE} to its path."
    )
