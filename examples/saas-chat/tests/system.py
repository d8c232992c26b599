"""Runs the four services of one version, with a database of their own, for as long as a test lasts."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PLAN_FOLDER = Path(__file__).parents[1]
SERVICES = ("accounts", "ai", "chat", "gateway")


class Client:
    """Somebody at the gateway."""

    def __init__(self, url: str) -> None:
        self.url, self.token = url, ""

    def ask(self, method: str, path: str, **fields: Any) -> tuple[int, Any]:
        """Return the status and the answer."""
        body = json.dumps(fields).encode() if fields else None
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, _read(refused)

    def joined(self, name: str) -> Client:
        """Return somebody who is registered and logged in."""
        self.ask("POST", "/api/register", name=name, password="correct horse")  # pragma: allowlist secret
        _, said = self.ask("POST", "/api/login", name=name, password="correct horse")  # pragma: allowlist secret
        somebody = Client(self.url)
        somebody.token = said["token"]
        return somebody


def _read(answer: Any) -> Any:
    said = answer.read()
    return json.loads(said) if answer.headers["content-type"] == "application/json" else said.decode()


@contextlib.contextmanager
def running(version: str) -> Iterator[Client]:
    """Build and start all services of `version`; give a client of its gateway."""
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as stack:
        folder = Path(made)
        shutil.copytree(PLAN_FOLDER / "versions" / version, folder, dirs_exist_ok=True)
        shutil.copytree(PLAN_FOLDER / "chatlib", folder / "chatlib")
        database = folder / "chat.db"
        database.touch()
        if not shutil.which("alembic"):
            sys.exit("alembic is not found; install it, or activate the environment in which flight is")
        migrating = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
        subprocess.run(["alembic", "--raiseerr", "upgrade", "head"], cwd=folder, env=migrating, check=True)
        ports = {service: _free_port() for service in SERVICES}
        urls = {f"{service.upper()}_URL": f"http://127.0.0.1:{port}" for service, port in ports.items()}
        common = {**os.environ, **urls, "DATABASE": str(database), "SESSION_SECRET": "0" * 32}
        for service, port in ports.items():
            environment = {**common, "SERVICE": service, "PORT": str(port)}
            command = [sys.executable, "app.py"]
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        for port in ports.values():
            _wait_for(f"http://127.0.0.1:{port}/health")
        yield Client(urls["GATEWAY_URL"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    give_up = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).close()
            return
        if time.monotonic() > give_up:
            raise TimeoutError(f"{url} does not answer")
        time.sleep(0.05)
