"""nginx and Caddy as processes of a test: no root, no port but their own, nothing left behind."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

_GUIDE = Path(__file__).parent.parent.parent / "docs" / "self-hosting.md"
_HOST = "127.0.0.1:8000"


class RealProxy(ABC):
    """A proxy before one port of loopback; `url` is where it is met, without any path."""

    program: str
    package: str

    def __init__(self, folder: Path, port: int, site: str) -> None:
        """Start with a `site` as docs/self-hosting.md has them, under an address of its own."""
        found = shutil.which(self.program, path="/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin")
        assert found, (
            f"The tests need {self.program}, which is not on this machine: "
            f"run “apt install {self.package}”."
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._log = folder / f"{self.program}.log"
        assert _HOST in site
        config = folder / f"{self.program}.conf"
        config.write_text(self._config(folder, site.replace(_HOST, f"127.0.0.1:{port}")), "utf-8")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [found, *self._arguments(folder, config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            )

    @abstractmethod
    def _config(self, folder: Path, site: str) -> str: ...

    @abstractmethod
    def _arguments(self, folder: Path, config: Path) -> list[str]: ...

    def __enter__(self) -> Self:
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=10).close()
            except ConnectionRefusedError:
                ended = self._process.poll()
                assert ended is None, self._log.read_text("utf-8")
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()


class Nginx(RealProxy):
    """`site` is a `location`."""

    program = "nginx"
    package = "nginx-light"

    def __init__(
        self, folder: Path, port: int, site: str, *, certificate: Path | None = None
    ) -> None:
        """With a `certificate`, a file that holds its key as well, it is met over https."""
        self._tls = certificate
        super().__init__(folder, port, site)
        if certificate is not None:
            self.url = self.url.replace("http:", "https:")

    def _config(self, folder: Path, site: str) -> str:
        listen = f"listen 127.0.0.1:{self._port};"
        if self._tls is not None:
            listen = (
                f"{listen[:-1]} ssl;\nssl_certificate {self._tls};\n"
                f"ssl_certificate_key {self._tls};"
            )
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        return (
            f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\n"
            "events { worker_connections 256; }\n"
            f"http {{\naccess_log off;\n{paths}\n"
            f"server {{\n{listen}\n{site}\n}}\n}}\n"
        )

    def _arguments(self, folder: Path, config: Path) -> list[str]:
        return ["-p", str(folder), "-e", "stderr", "-c", str(config)]


class Caddy(RealProxy):
    """`site` is a block that begins with the address."""

    program = "caddy"
    package = "caddy"

    def _config(self, folder: Path, site: str) -> str:  # noqa: ARG002 - as nginx needs it
        site = re.sub(r"^[\w.-]+ \{", f"{self.url} {{", site)
        return f"{{\nadmin off\nauto_https off\n}}\n{site}\n"

    def _arguments(self, folder: Path, config: Path) -> list[str]:  # noqa: ARG002 - as nginx needs it
        return ["run", "--config", str(config), "--adapter", "caddyfile"]


def sites_of_the_guide(language: str) -> list[str]:
    """The configurations that docs/self-hosting.md gives, in their order."""
    found = re.findall(rf"```{language}\n(.*?)```", _GUIDE.read_text("utf-8"), re.DOTALL)
    assert found, f"{_GUIDE.name} has no example for {language}"
    return found
