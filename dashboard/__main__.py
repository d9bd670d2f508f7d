"""`python -m dashboard [--config PATH]`: the pages, the scheduler and the HTTP API in one process.

Exit codes: 0 stopped as asked, 1 could not start (the history is held by another process, the address is taken),
64 wrong usage or configuration.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import NoReturn

from checks import config
from checks.history import HistoryError

USAGE = 64


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m dashboard", description="Serves Vitals: pages, scheduler and HTTP API.")
    parser.add_argument("--config", type=Path, default=Path("config.toml"), help="default: config.toml")
    return parser.parse_args(argv)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(argv: list[str] | None = None) -> int:
    """Serves until it is asked to stop; answers the exit code."""
    try:
        settings = config.load(_arguments(argv).config)
    except config.ConfigError as error:
        _say(str(error))
        return USAGE
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop in order, as for Ctrl-C
    try:
        return _run(settings)
    except KeyboardInterrupt:
        _say("Vitals has stopped.")
        return 0
    except (HistoryError, OSError) as error:
        _say(f"Vitals can not start: {error}")
        return 1


def _run(settings: config.Config) -> int:
    # here and not above: a wrong configuration is told without two seconds of imports
    from checks.monitor import Monitor
    from dashboard import process, server

    with server.bind(settings.app) as listening, process.holding(Monitor.open(settings, process.now())) as monitor:
        _say(f"Vitals is at {server.url(listening)} (Ctrl-C stops it)")
        server.serve(monitor, listening)
    return 0


if __name__ == "__main__":
    sys.exit(main())
