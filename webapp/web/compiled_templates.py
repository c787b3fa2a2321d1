"""Templates compiled once for all starts, as Python's modules are: a tenth of a start."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from flask import Flask
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(FileSystemBytecodeCache):
    """Keeps what Jinja makes of templates in `__pycache__` beside them.

    It is code that is run, so it lies nowhere else: who can write there could as well change
    the templates. Where we cannot, they are compiled at each start.
    """

    def __init__(self, templates: Path, environment: Environment) -> None:
        versions = f"{sys.implementation.cache_tag}.jinja-{jinja2.__version__}"
        super().__init__(str(templates / "__pycache__"), f"%s.{versions}")
        self._options = (
            sorted(environment.extensions),
            environment.trim_blocks,
            environment.lstrip_blocks,
        )

    def get_source_checksum(self, source: str) -> str:
        """Tell all apart that comes out otherwise: templates, and what is done with them."""
        return super().get_source_checksum(f"{self._options}{source}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


def init_app(app: Flask, templates: Path) -> None:
    """Keep what is compiled of all templates. To be called once the environment is complete."""
    app.jinja_env.bytecode_cache = CompiledTemplates(templates, app.jinja_env)
