"""Run the scripted Liaobots: its port is the first line of the output."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.upstream import COMPLETIONS, SCENARIOS, upstream


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.upstream", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pace", type=float, default=0.02, help="seconds between two pieces")
    parser.add_argument("--auth-code", action="append", default=[], help="accept this one too")
    parser.add_argument("--list", action="store_true", help="print the scenarios and stop")
    options = parser.parse_args()
    if options.list:
        for name, script in SCENARIOS.items():
            sys.stdout.write(f"#{name:<18} {script.__doc__}\n")
        sys.stdout.write("\nAt /v1/chat/completions alone, or otherwise there:\n")
        for name, script in COMPLETIONS.items():
            sys.stdout.write(f"#{name:<18} {script.__doc__}\n")
        return
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with upstream(port=options.port, pace=options.pace, auth_codes=options.auth_code) as server:
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
