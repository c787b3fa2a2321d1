"""A port that counts who comes: nobody should."""

from __future__ import annotations

import socket


class Listener:
    def __init__(self) -> None:
        self._visits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self) -> int:
        """Count the connections that have been made so far."""
        self._listener.settimeout(0)
        while True:
            try:
                self._listener.accept()[0].close()
            except BlockingIOError:
                return self._visits
            self._visits += 1

    def close(self) -> None:
        self._listener.close()
