"""The real app in a process of its own, for tests that talk to it, stop it and kill it."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
PATIENCE = 180  # seconds for a start on a busy machine


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class App:
    """A running app. `ask` is a client of its API."""

    def __init__(self, config: Path, port: int) -> None:
        command = [sys.executable, "-m", "dashboard", "--config", str(config)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.ask = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False)

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()[1]
            with contextlib.suppress(httpx.HTTPError):
                if self.ask.get("/api/health").status_code < 500:
                    return
            time.sleep(0.1)
        raise TimeoutError("the app does not answer")

    def stop(self) -> float:
        """SIGTERM; returns the seconds until it has ended."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        return time.monotonic() - started

    def kill(self) -> None:
        """kill -9 of the app; its workers notice and end."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def close(self) -> str:
        """Ends it however it is; returns what it said."""
        self.ask.close()
        if self.process.poll() is None:
            self.kill()
        return self.process.communicate()[1]


@contextmanager
def running_app(config: Path, port: int) -> Generator[App]:
    """The app, from its first answer until the end of the block."""
    app = App(config, port)
    try:
        app.wait_until_it_answers()
        yield app
    finally:
        app.close()
