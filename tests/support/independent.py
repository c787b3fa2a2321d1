"""An OpenAI-compatible server that others wrote: fakellm, as a process on loopback."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

_LISTENING = re.compile(r"running on (http://127\.0\.0\.1:[0-9]+)")
_RULES = """\
version: 1
rules:
  - name: long
    when: {messages_contain: "long story"}
    respond: {content: "%s"}
  - name: short
    when: {messages_contain: "hello"}
    respond: {content: "Hello to you, 🙂 and to 你好."}
"""


class Independent:
    """Says hello when asked to, and tells a long story, a word each 10 ms."""

    def __init__(self, folder: Path) -> None:
        rules = folder / "fakellm.yaml"
        rules.write_text(_RULES % " ".join(["waves"] * 3000), "utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fakellm.cli", "serve", "--port", "0", "--config", str(rules)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self._wait()
        # What it logs must be taken, or it would stop for ever once the pipe is full.
        self._reader = threading.Thread(target=self._drain, name="fakellm log", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _wait(self) -> str:
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            if found := _LISTENING.search(line):
                return found[1]
            said.append(line)
        raise RuntimeError(f"fakellm did not start: {''.join(said)}")

    def _drain(self) -> None:
        assert self._process.stderr is not None
        for _ in self._process.stderr:
            pass
