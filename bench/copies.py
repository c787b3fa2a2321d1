"""A page as nginx would serve it: the same bytes, for the floor of a first paint."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.support.server import Browser

_KEPT = ("Content-Security-Policy",)


def copy(browser: Browser, addresses: Iterable[str], www: Path) -> None:
    """Write what the server says to `addresses` into a folder, compressed as it was sent."""
    for address in addresses:
        path = urlsplit(address).path
        said = browser.http.get(
            browser.server.url + path, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=20
        )
        if said.status_code != requests.codes.ok:
            continue
        file = www / (path.lstrip("/") or "index.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        content = said.raw.read(decode_content=False)
        if said.headers.get("Content-Encoding") == "gzip":
            file.with_name(f"{file.name}.gz").write_bytes(content)
            content = gzip.decompress(content)  # without this one an index is not found
        file.write_bytes(content)


def headers_of(browser: Browser, path: str) -> dict[str, str]:
    """Tell what a browser reads of a page's headers before it draws it."""
    said = browser.get(path).headers
    return {name: said[name] for name in _KEPT if name in said}
