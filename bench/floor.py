"""The floor: nginx, which copies the same bytes on the same machine in the same run.

Nothing that does more can cost less. It serves a folder, and hands what is asked under
`/answer` to an upstream, each piece as it comes.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import requests

from bench.processes import Cost, children, cost

_CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  types {{ text/html html; text/css css; text/javascript js; image/svg+xml svg; }}
  access_log off; gzip_static always; gunzip on; sendfile on; tcp_nodelay on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} backlog=4096; root {folder}/www; charset utf-8;
    {headers}
    location = /up {{ return 204; }}
    location /answer {{
      proxy_pass {upstream}/api/chat; proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Connection "";
    }}
  }}
}}
"""
_PATIENCE = 10.0


class Floor:
    """An nginx with one worker. `www` is the folder that it serves."""

    def __init__(self, upstream: str, headers: Mapping[str, str] | None = None) -> None:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
        if program is None:
            raise RuntimeError("the floor is measured with nginx: apt install nginx-light")
        self._folder = tempfile.TemporaryDirectory(prefix="liaochat-bench-")
        folder, port = Path(self._folder.name), _free_port()
        folder.chmod(0o755)  # who starts as root serves as nobody
        self.www = folder / "www"
        self.www.mkdir()
        self.url = f"http://127.0.0.1:{port}"
        said = " ".join(f'add_header {name} "{text}";' for name, text in (headers or {}).items())
        config = folder / "nginx.conf"
        config.write_text(
            _CONFIG.format(folder=folder, port=port, upstream=upstream, headers=said), "utf-8"
        )
        self._process = subprocess.Popen([program, "-c", config, "-e", folder / "error.log"])
        self._wait()

    def cost(self) -> Cost:
        return cost([self._process.pid, *children(self._process.pid)])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                requests.get(f"{self.url}/up", timeout=_PATIENCE)
            except requests.ConnectionError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.002)
            else:
                return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
