"""Owns the HTTP side of the site: its pages, its API, its process, and its end on SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from profilelib.store import AllTaken, Store

PAGES = {
    "/": "<h1>ProoFile</h1><p>Show what you can do, and prove it.</p>",
    "/privacy": "<h1>Privacy</h1><p>We keep your handle and your name, nothing else.</p>",
    "/terms": "<h1>Terms</h1><p>Be who you say you are.</p>",
    "/imprint": "<h1>Imprint</h1><p>ProoFile, an invented company, Harbour Street 1.</p>",
}
SHELL = '<!doctype html><html lang="en"><meta charset="utf-8"><title>ProoFile</title><link rel="icon" href="data:,">'
Answer = tuple[int, str, bytes]


class Site(ThreadingHTTPServer):
    """One process of the site. At its end each connection is closed with the answer that is under way."""

    request_queue_size = 128
    daemon_threads = False

    def __init__(self, version: str, store: Store, port: int) -> None:
        self.version, self.store, self.ending = version, store, False
        super().__init__(("127.0.0.1", port), Handler)

    def end(self) -> None:
        """Take no more connections, and let `serve_forever` return."""
        self.ending = True
        self.shutdown()

    def answer(self, method: str, path: str, body: dict[str, str]) -> Answer:
        """Return status, kind and content of the answer."""
        if (method, path) == ("POST", "/api/profiles"):
            self.store.save(body["reference"], body)
            return _json(201, {"handle": body["reference"]})
        if method == "GET" and path in PAGES:
            return 200, "text/html", f"{SHELL}{PAGES[path]}<p><small>{self.version}</small></html>".encode()
        if method == "GET" and path == "/health":
            return _json(200, {"status": "ok", "database": "connected" if self.store.answers() else "gone"})
        if method == "GET" and path == "/stats":
            reads = self.store.reads
            rate = 100 * self.store.hits / reads if reads else None
            return _json(200, {"cache": {"hit_rate": rate}, "connections": self.store.connections.taken})
        if method == "GET" and path.startswith("/api/profiles/"):
            name = self.store.name_of(path.rpartition("/")[2])
            return _json(200, {"name": name})
        return _json(404, {"error": f"there is no {method} {path}"})


def _json(status: int, said: object) -> Answer:
    return status, "application/json", json.dumps(said).encode() + b"\n"


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    timeout = 2
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Site

    def do_GET(self) -> None:
        """Answer a GET."""
        self._send(*self._answer())

    do_POST = do_GET

    def _answer(self) -> Answer:
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            return self.server.answer(self.command, self.path.partition("?")[0], body)
        except (AllTaken, sqlite3.Error) as problem:
            return _json(503, {"error": str(problem)})
        except (ValueError, KeyError, TypeError):
            return _json(400, {"error": 'send {"reference": "anna", "name": "Anna Berg"}'})

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Version", self.server.version)
        if self.server.ending:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing of a request: the router counts them."""


def main(version: str, store: Store) -> None:
    """Serve on `PORT` until SIGTERM; what was begun is answered."""
    site = Site(version, store, int(os.environ["PORT"]))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=site.end).start())
    print(f"{version} serves on port {site.server_port}", flush=True)
    site.serve_forever(poll_interval=0.1)
    site.server_close()
