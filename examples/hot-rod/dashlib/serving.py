"""Owns the process of a dashboard: HTTP on `$PORT`, and its end on SIGTERM, after what was begun is answered."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from dashlib.dashboard import Dashboard


class Server(ThreadingHTTPServer):
    """Answers every request that was begun before it ends."""

    daemon_threads = False
    request_queue_size = 128


def main(dashboard: Dashboard) -> None:
    """Serve until SIGTERM."""
    ending = threading.Event()
    server = Server(("127.0.0.1", int(os.environ["PORT"])), _handler(dashboard, ending))

    def end(*_: object) -> None:
        ending.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


def _handler(dashboard: Dashboard, ending: threading.Event) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests with `dashboard`; once `ending` is set it keeps no connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 3  # seconds for which an idle connection stays

        def do_GET(self) -> None:
            self._send(*self._answer({}))

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            try:
                form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
                body = dict(parse_qsl(said)) if form else json.loads(said or "{}")
            except ValueError:
                body = None
            self._send(*(self._answer(body) if isinstance(body, dict) else (400, {"error": "send a JSON object"})))

        def _answer(self, body: dict[str, Any]) -> tuple[int, Any]:
            try:
                return dashboard.answer(self.command, self.path.partition("?")[0], body)
            # Whatever went wrong is an answer with status 500, and the dashboard serves on.
            except Exception as problem:  # noqa: BLE001
                print(f"{self.command} {self.path}: {problem!r}", file=sys.stderr, flush=True)
                return 500, {"error": type(problem).__name__}

        def _send(self, status: int, answer: Any) -> None:
            page = isinstance(answer, str)
            content = (answer if page else json.dumps(answer) + "\n").encode()
            self.send_response(status)
            if status == HTTPStatus.SEE_OTHER:
                self.send_header("location", str(answer))
            self.send_header("content-type", "text/html; charset=utf-8" if page else "application/json")
            self.send_header("content-length", str(len(content)))
            self.send_header("content-security-policy", "frame-ancestors https://admin.shopify.com")
            self.send_header("x-version", dashboard.version)
            if ending.is_set():  # whoever keeps the connection, a health check for one, would keep the process
                self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """The router has counted it."""

    return Handler
