"""Owns HTTP: a service with routes that take and give JSON, and the call from one service to another.

A service ends at SIGTERM; the router has drained it by then. What it refuses is an answer with a status of its own,
which whoever called passes on: users learn from the gateway what the chat found.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

PATIENCE = 10.0
"""Seconds that one service waits for another."""


class Refused(Exception):
    """A request that gets no answer but a status and a reason."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What came: the fields of the query and of the JSON body together, and the token of who asks."""

    fields: Mapping[str, Any]
    token: str = ""

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field. Raises `Refused` where it is missing and there is no default."""
        found = self.fields.get(name, default)
        if not isinstance(found, str) or len(found) > 4000:
            raise Refused(400, f"send `{name}`, a text of at most 4000 characters")
        return found


Handler = Callable[[Request], tuple[int, Any]]
"""Returns status and answer: what becomes JSON, or bytes of HTML."""


class Service:
    """One service of one version."""

    def __init__(self, name: str, version: str) -> None:
        self.name, self.version = name, version
        self.routes: dict[str, Handler] = {"GET /health": lambda _: (200, {"service": name, "version": version})}

    def serve(self, port: int) -> None:
        """Serve until SIGTERM."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        server = Server(("127.0.0.1", port), Visit)
        server.service = self
        print(f"{self.name} {self.version} serves port {server.server_port}", flush=True)
        server.serve_forever()

    def answer(self, method: str, target: str, body: bytes, token: str) -> tuple[int, Any]:
        """Return status and answer to one request."""
        where = urlsplit(target)
        handler = self.routes.get(f"{method} {where.path}")
        if handler is None:
            return 404, {"error": f"there is no {method} {where.path}"}
        try:
            sent = json.loads(body) if body else {}
            if not isinstance(sent, dict):
                raise Refused(400, "send a JSON object")
            return handler(Request({**dict(parse_qsl(where.query)), **sent}, token))
        except ValueError:
            return 400, {"error": "that is no JSON"}
        except Refused as refused:
            return refused.status, {"error": str(refused)}


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    service: Service
    request_queue_size = 128
    daemon_threads = True


class Visit(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            status, found = self.server.service.answer(self.command, self.path, body, token)
        except Exception:  # noqa: BLE001
            # The edge of the service: whatever a version gets wrong is a 500 and a trace in the log.
            traceback.print_exc(limit=3)
            status, found = 500, {"error": "something is wrong here"}
        page = isinstance(found, bytes)
        answer = found if page else json.dumps(found).encode() + b"\n"
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8" if page else "application/json")
        self.send_header("content-length", str(len(answer)))
        self.send_header("x-version", self.server.service.version)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _any  # the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Log nothing: the router counts every request."""


def ask(service: str, method: str, path: str, **fields: Any) -> Any:
    """Return the answer of another service, which lies where `ACCOUNTS_URL`, `AI_URL` … say. Raises `Refused`."""
    where = urlsplit(os.environ[f"{service.upper()}_URL"])
    body = json.dumps(fields) if method == "POST" else None
    target = path if body else f"{path}?{urlencode(fields)}"
    connection = HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
    try:
        connection.request(method, target, body)
        answer = connection.getresponse()
        status, said = answer.status, answer.read()
    except (OSError, HTTPException) as problem:
        raise Refused(502, f"{service} does not answer: {problem}") from problem
    finally:
        connection.close()
    if answer.headers.get_content_type() != "application/json":  # the page of a router that is closed
        raise Refused(status, f"{service} is closed for a moment")
    found = json.loads(said)
    if status >= 400:
        raise Refused(status, found["error"])
    return found
