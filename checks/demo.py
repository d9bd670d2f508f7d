"""The demo warehouse as a source: `demo://FOLDER` is real flights with faults put in, built in that folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from checks.config import Config

DEMO = "demo://"


def faults(config: Config) -> tuple:
    """The faults that are injected into the demo warehouse; none without one."""
    if not _folders(config):
        return ()
    from connectors.demo import FAULTS

    return FAULTS


def feed(config: Config, at: datetime, progress: Callable[[str], None] = lambda _: None) -> None:
    """Builds the demo warehouse if it is not there, else appends what has happened since."""
    folders = _folders(config)
    if not folders:
        return
    from connectors import demo

    for folder in folders:
        demo.build(folder, at, progress=progress)


def address(url: str) -> str:
    """The address that a worker opens: the demo warehouse is a folder of files."""
    return "files://" + url.removeprefix(DEMO) if url.startswith(DEMO) else url


def _folders(config: Config) -> list[Path]:
    urls = [source.url.reveal() for source in config.sources.values()]
    return [config.base / url.removeprefix(DEMO) for url in urls if url.startswith(DEMO)]
