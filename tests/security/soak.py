"""The long versions of the tests of security that have one: an hour at most, minutes mostly.

python -m tests.security.soak
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.security.size import VARIABLE

_LONG = (
    "tests/security/test_payloads.py",
    "tests/security/test_fuzz.py",
    "tests/security/test_revocation.py",
    "tests/browser/test_safety.py",
)

if __name__ == "__main__":
    os.environ[VARIABLE] = "1"
    sys.exit(pytest.main(["-q", "-s", "--timeout=3600", "--durations=10", *_LONG, *sys.argv[1:]]))
