"""A version of the dashboard, run for a check: on a scratch database, with the stand-in providers."""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
TABLES = """
    create table approvals (number integer primary key, title text not null, state text not null, reference text,
                            decided_by text);
    create table inventory (sku text primary key, stock integer not null, daily_use integer not null,
                            lead_days integer not null, reserve integer not null);
    create table sales (number integer primary key, day text not null, cents integer not null);
    insert into inventory values ('wheel', 40, 3, 7, 10), ('helmet', 3, 1, 14, 2);
    insert into sales values (1, '2025-10-19', 990);
"""


@contextlib.contextmanager
def dashboard(version: str) -> Iterator[str]:
    """Run a version until the block is left; yields its address."""
    with contextlib.ExitStack() as stack:
        database = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "dashboard.db"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.executescript(TABLES)
        provider = stack.enter_context(_program("providers.py", "--port", str(port := _free_port()), port=port))
        settings = {"CHATWOOT_URL": provider, "DASHBOARD_DATABASE": str(database), "PYTHONPATH": str(HERE)}
        yield stack.enter_context(_program(f"versions/{version}/app.py", port=_free_port(), **settings))


def ask(url: str, body: Any = None) -> tuple[int, dict[str, str], str]:
    """Return status, headers and text of an answer."""
    data = None if body is None else json.dumps(body).encode()
    try:
        request = urllib.request.Request(url, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, dict(problem.headers), problem.read().decode()


@contextlib.contextmanager
def _program(*words: str, port: int, **more: str) -> Iterator[str]:
    environment = {**os.environ, **more, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, *words], env=environment, cwd=HERE)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
