"""What a start loads, and what it leaves until somebody wants it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.databases import lay

_LATER = {
    "PIL",
    "alembic",
    "pygments.lexers.python",
    "sqlalchemy.dialects.postgresql",
    "tiktoken",
    "webapp.chat.importing.steps",
    "werkzeug.debug",
    "xllamacpp",
}
"""What each start would take longer for, and hold in memory, though few want it."""

_PROGRAM = """
import os, sys
from webapp.app import create_app
from webapp.config import load_settings

create_app(*load_settings(os.environ, {}))
print(*sys.modules)
"""


def test_a_start_loads_nothing_that_only_few_want(tmp_path: Path) -> None:
    lay(tmp_path / "liaochat.db")
    environ = os.environ | {"LIAOCHAT_DATA_DIR": str(tmp_path)}

    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environ, capture_output=True, check=True
    ).stdout

    loaded = {*said.decode().split()}
    assert "webapp.web.imports" in loaded
    assert _LATER & loaded == set()
