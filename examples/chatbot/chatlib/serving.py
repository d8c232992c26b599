"""Owns the process of a chatbot: HTTP on `$PORT`, and its end on SIGTERM, after what was begun is answered."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chatlib.chatbot import Chatbot
from chatlib.providers import Refused


class Server(ThreadingHTTPServer):
    """Answers every request that was begun before it ends."""

    daemon_threads = False
    request_queue_size = 128


def main(bot: Chatbot) -> None:
    """Serve until SIGTERM."""
    ending = threading.Event()
    server = Server(("127.0.0.1", int(os.environ["PORT"])), _handler(bot, ending))

    def end(*_: object) -> None:
        ending.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


def _handler(bot: Chatbot, ending: threading.Event) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests with `bot`; once `ending` is set it keeps no connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 3  # seconds for which an idle connection stays

        def do_GET(self) -> None:
            self._send(*self._answer({}))

        def do_POST(self) -> None:
            try:
                body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            except ValueError:
                body = None
            self._send(*(self._answer(body) if isinstance(body, dict) else (400, {"error": "send a JSON object"})))

        def _answer(self, body: dict[str, Any]) -> tuple[int, Any]:
            try:
                return bot.answer(self.command, self.path.partition("?")[0], body)
            except Refused as problem:
                return 502, {"error": f"a provider refused: {problem}"}
            # Whatever went wrong is an answer with status 500, and the chatbot serves on.
            except Exception as problem:  # noqa: BLE001
                print(f"{self.command} {self.path}: {problem!r}", file=sys.stderr, flush=True)
                return 500, {"error": type(problem).__name__}

        def _send(self, status: int, answer: Any) -> None:
            page = isinstance(answer, str)
            content = (answer if page else json.dumps(answer) + "\n").encode()
            self.send_response(status)
            self.send_header("content-type", "text/html; charset=utf-8" if page else "application/json")
            self.send_header("content-length", str(len(content)))
            self.send_header("x-content-type-options", "nosniff")
            self.send_header("x-version", bot.version)
            if ending.is_set():  # whoever keeps the connection, a health check for one, would keep the process
                self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """The router has counted it."""

    return Handler
