"""The process: Streamlit's pages, our routes and the scheduler behind one uvicorn, stopped in order.

Nothing leaves the machine: no usage statistics, no fonts or scripts from other hosts, no file watcher.
"""

from __future__ import annotations

import importlib
import socket
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import streamlit as st
import uvicorn
from streamlit import config as streamlit_config
from streamlit.web.bootstrap import load_config_options

from checks.config import AppConfig
from checks.monitor import Monitor
from checks.schedule import Scheduler
from dashboard import api, theme
from dashboard.errors import show_unexpected

SCRIPT = Path(__file__).with_name("app.py")
# How long open browser sessions and requests may delay a stop, in seconds.
GRACE = 3


def _options(app: AppConfig, port: int) -> dict[str, object]:
    """What Streamlit is told. A page from another host name is refused while only this machine is served."""
    return theme.options() | {
        "browser.gatherUsageStats": False,
        "client.allowedOrigins": [],
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.toolbarMode": "minimal",
        "runner.magicEnabled": False,
        "server.address": app.address,
        "server.allowedHosts": ["localhost", "127.0.0.1", "::1"] if app.is_loopback else [],
        "server.fileWatcherType": "none",
        "server.headless": True,
        "server.port": port,
    }


def _lifespan(monitor: Monitor) -> Callable[[st.App], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: st.App) -> AsyncGenerator[None]:
        scheduler = Scheduler(monitor)
        scheduler.start()
        threading.Thread(target=_load_pages, name="load-pages", daemon=True).start()
        try:
            yield
        finally:
            scheduler.stop()

    return lifespan


def _load_pages() -> None:
    """Imports the pages, and pandas and plotly with them: else the first reader would wait for it."""
    importlib.import_module("dashboard.shell")


def bind(app: AppConfig) -> socket.socket:
    """The listening socket. Raises OSError where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in app.address else socket.AF_INET
    return socket.create_server((app.address, app.port), family=family)


def url(listening: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(monitor: Monitor, listening: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT, which end it within a few seconds also while browsers are connected."""
    load_config_options(_options(monitor.config.app, listening.getsockname()[1]))
    streamlit_config._main_script_path = str(SCRIPT)  # as `streamlit run` does: settings do not depend on the folder
    app = st.App(SCRIPT, lifespan=_lifespan(monitor), routes=api.routes(), on_script_error=show_unexpected)
    settings = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE,
        ws="websockets-sansio",
        ws_max_size=streamlit_config.get_option("server.maxMessageSize") * 1_000_000,
    )
    uvicorn.Server(settings).run(sockets=[listening])
