"""Scripts, styles and the icon, under a path that changes with their contents.

The path carries a digest of the whole tree, so a browser may keep the files for a
year; relative imports between scripts inherit it. `css/app.css` is served with its
`@import`s in it, because each would be a request of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
import threading
from dataclasses import dataclass
from pathlib import Path

_IMPORT = re.compile(
    r"""^@import (?:url\()?["'](?:\./)?([^"':]+)["']\)?( layer\([\w.-]+\))?;\n?""", re.MULTILINE
)
_TEXT = {".css", ".js", ".svg"}


def asset_dir(name: str) -> Path:
    """Find `templates` or `static`: inside an installed package, else beside it."""
    package = Path(__file__).parent.parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    compressed: bytes | None
    media_type: str


class Assets:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = {
            file.relative_to(root).as_posix(): file
            for file in sorted(root.rglob("*"))
            if file.is_file() and not file.name.startswith(".")
        }
        self.digest = _digest(self._files)
        self.scripts = tuple(name for name in self._files if name.startswith("js/"))
        self._lock = threading.Lock()
        self._loaded: dict[str, Asset] = {}

    def get(self, name: str) -> Asset | None:
        """Load a file by its path below `static/`; None where there is no such file."""
        with self._lock:
            asset = self._loaded.get(name)
            if asset is None and name in self._files:
                asset = self._loaded[name] = _load(self._files[name])
            return asset


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _load(file: Path) -> Asset:
    content = file.read_bytes()
    if file.suffix == ".css":
        content = _with_imports(file).encode()
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if file.suffix == ".js":
        media_type = "text/javascript"
    if file.suffix in _TEXT:
        return Asset(content, gzip.compress(content, 9, mtime=0), f"{media_type}; charset=utf-8")
    return Asset(content, None, media_type)


def _with_imports(file: Path) -> str:
    def inline(match: re.Match[str]) -> str:
        style = _with_imports(file.parent / match[1])
        layer = match[2]
        return f"@layer {layer[7:-1]} {{\n{style}}}\n" if layer else style

    return _IMPORT.sub(inline, file.read_text("utf-8"))
