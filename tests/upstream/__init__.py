"""A scripted Liaobots: `upstream()` in tests, `python -m tests.upstream` by hand."""

from tests.upstream.completions import COMPLETIONS
from tests.upstream.scenarios import SCENARIOS, upstream
from tests.upstream.server import Call, PeerGoneError, Received, Upstream

__all__ = ["COMPLETIONS", "SCENARIOS", "Call", "PeerGoneError", "Received", "Upstream", "upstream"]
