"""Receivers of notifications: a real web server and a real mail server of this process, which count what they get and
answer what they are told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from aiosmtpd.controller import Controller

HANG = 0


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class WebSink:
    """Answers with the first of `answers` (a status, HANG, or a status with headers) while there are any, then with
    200. `arrived` has the requests that were answered with 2xx, `refused` the others."""

    port: int
    answers: list[int | tuple[int, dict[str, str]]] = field(default_factory=list)
    arrived: list[Request] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, request: Request) -> tuple[int, dict[str, str]]:
        answer = self.answers.pop(0) if self.answers else 200
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        if status == HANG:
            self.let_go.wait(60)
            status = 503
        (self.arrived if 200 <= status < 300 else self.refused).append(request)
        return status, headers


Web = TypeVar("Web", bound=WebSink)


@contextmanager
def web_sink(port: int = 0, kind: type[Web] = WebSink) -> Iterator[Web]:
    """A web server on this machine until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more = sink.take(Request(self.path, headers, body))
            try:
                self.send_response(status)
                for name, value in {"content-length": "0", **more}.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:  # who asked has gone
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    sink = kind(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


@dataclass
class MailSink:
    """Answers with the first of `answers` while there are any, then takes the mail."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    arrived: list[Mail] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 the name of the hook
        if self.answers:
            return self.answers.pop(0)
        self.arrived.append(message_from_bytes(envelope.content))
        return "250 taken"


Post = TypeVar("Post", bound=MailSink)


@contextmanager
def mail_sink(port: int, kind: type[Post] = MailSink) -> Iterator[Post]:
    """A mail server on this machine until the end of the block."""
    sink = kind(port)
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
