"""Owns the HTTP side of the platform: its routes, its process, and its end on SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reviewlib.fleet import Fleet, NobodyLeft
from reviewlib.store import Store

MOST_BYTES = 256 * 1024
Answer = tuple[int, Any]


class Platform(ThreadingHTTPServer):
    """One process of the platform. At its end each connection is closed with the answer that is under way."""

    request_queue_size = 128
    daemon_threads = False

    def __init__(self, version: str, fleet: Fleet, port: int) -> None:
        self.version, self.fleet, self.ending = version, fleet, False
        self.store = Store(os.environ["REVIEW_DATABASE"])
        fleet.told = lambda worked: self.store.add_repair(version, worked)
        fleet.monitor.start()
        super().__init__(("127.0.0.1", port), Handler)

    def end(self) -> None:
        """Take no more connections, and let `serve_forever` return."""
        self.ending = True
        self.shutdown()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Return status and JSON of the answer."""
        match method, path:
            case "GET", "/":
                return 200, {"platform": "code review", "version": self.version}
            case "GET", "/health":
                return 200, {"status": "ok", "database": "connected" if self.store.is_there() else "gone"}
            case "GET", "/api/healing":
                return 200, self.fleet.state()
            case "GET", "/api/reviews":
                return 200, self.store.reviews()
            case "POST", "/api/reviews":
                findings = self.fleet.review(str(body["code"]))
                number = self.store.add_review(self.version, str(body["reference"]), findings)
                return 201, {"number": number, "findings": findings}
            case "POST", "/api/feedback":
                self.store.add_stars(int(body["stars"]))
                return 200, {"thanks": True}
        return 404, {"error": f"there is no {method} {path}"}


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    timeout = 2
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Platform

    def do_GET(self) -> None:
        """Answer a GET."""
        self._send(*self._answer())

    do_POST = do_GET

    def _answer(self) -> Answer:
        try:
            length = min(int(self.headers.get("content-length") or 0), MOST_BYTES)
            body = json.loads(self.rfile.read(length) or b"{}")
            return self.server.answer(self.command, self.path.partition("?")[0], body)
        except NobodyLeft as problem:
            return 503, {"error": str(problem)}
        except sqlite3.Error as problem:
            if problem.sqlite_errorname == "SQLITE_CONSTRAINT_UNIQUE":
                return 409, {"error": "there is a review with this reference already"}
            return 503, {"error": f"the database does not take it: {problem}"}
        except (ValueError, KeyError, TypeError):
            return 400, {"error": 'send {"code": "x = 1", "reference": "a-1"}'}

    def _send(self, status: int, answer: Any) -> None:
        content = json.dumps(answer).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Version", self.server.version)
        if self.server.ending:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing of a request: the router counts them."""


def main(version: str, fleet: Fleet) -> None:
    """Serve on `PORT` until SIGTERM; what was begun is answered."""
    platform = Platform(version, fleet, int(os.environ["PORT"]))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=platform.end).start())
    print(f"{version} serves on port {platform.server_port}", flush=True)
    platform.serve_forever(poll_interval=0.1)
    platform.server_close()
