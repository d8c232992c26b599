"""`flight` at a real terminal, with a real service behind a real router: Ctrl-C, leaving, coming back, taking over."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.records import open_records
from flightrules.wiring import Workshop

pytestmark = pytest.mark.slow

APP = """\
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(os.environ["VERSION"].encode())
    def log_message(self, *arguments): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""
PLAN = """\
plan: shop
version: {{from: argument}}
services:
  web:
    target: {{kind: local, start: python3 app.py, health: {{http: /health, within: 10s}}}}
    traffic: {{kind: envoy, listen: "127.0.0.1:{port}", drain: 1s}}
stages:
  - {{stage: canary, traffic: 5%, hold: 10m, look: every 1s, pass: error_rate < 1%, fail: roll back}}
  - {{stage: full, traffic: 100%, hold: 10m, look: every 1s, pass: error_rate < 1%, fail: roll back}}
"""


class Terminal:
    """A command at a terminal of its own, 100 columns wide."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flightrules.cli.main", *words],
            cwd=folder, stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(inner)
        self.text = ""

    def until(self, words: str, within: float = 30.0) -> str:
        """Read until `words` were shown; return what was shown since the last call."""
        start, give_up = len(self.text), time.monotonic() + within
        while words not in self.text[start:]:
            assert time.monotonic() < give_up, f"{words!r} was not shown, but:\n{self.text[start:]}"
            if select.select([self._fd], [], [], 0.2)[0]:
                self._read()
        return self.text[start:]

    def _read(self) -> bool:
        try:
            chunk = os.read(self._fd, 65536)
        except OSError:  # the other side is gone
            return False
        self.text += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", chunk.decode(errors="replace"))
        return bool(chunk)

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def ended(self, within: float = 30.0) -> int:
        """Read to the end; return the exit status."""
        give_up = time.monotonic() + within
        while self.process.poll() is None:
            assert time.monotonic() < give_up, f"it goes on:\n{self.text[-2000:]}"
            if select.select([self._fd], [], [], 0.1)[0]:
                self._read()
        while select.select([self._fd], [], [], 0.1)[0] and self._read():
            pass
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._fd)


class Place:
    """A folder with a plan and a service, and the terminals that were opened in it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        (folder / "app.py").write_text(APP)
        (folder / "flight.yaml").write_text(PLAN.format(port=self.port))
        self.terminals: list[Terminal] = []

    def terminal(self, *words: str) -> Terminal:
        self.terminals.append(Terminal(self.folder, *words))
        return self.terminals[-1]

    def flight(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flightrules.cli.main", *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def change_the_service(self) -> None:
        (self.folder / "app.py").write_text(APP + "# better\n")

    def answer(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            return str(answer.read().decode())

    def close(self) -> None:
        for terminal in self.terminals:
            terminal.close()
        records = open_records(self.folder / ".flight")
        asyncio.run(Workshop(records).processes.close())
        records.state.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.close()


def test_ctrl_c_asks_and_leaving_keeps_the_traffic_until_somebody_comes_back(place: Place) -> None:
    run = place.terminal("run", "v1")
    run.until("HOLDING")
    run.interrupt()
    asked = run.until("What now? [a/l/c]")
    assert "[a]bort: take the release back now" in asked
    run.type("c\n")
    run.until("HOLDING")
    run.interrupt()
    run.until("What now?")
    run.interrupt()
    assert run.ended() == 3
    assert "Left. Traffic stays as it is: v1 100%." in run.text
    assert place.answer() == "v1"

    status = place.flight("status")
    assert " HOLDING, UNATTENDED " in status.stdout
    assert place.flight("pause").returncode == 4

    back = place.terminal("run")
    back.until("Going on with release")
    assert place.flight("pause").stdout.startswith("paused: ")
    back.until("PAUSED")
    back.process.terminate()
    assert back.ended() == 3
    assert place.answer() == "v1"

    again = place.terminal("run")
    again.until("PAUSED")
    assert place.flight("resume").returncode == 0
    assert place.flight("promote").returncode == 0
    assert again.ended() == 0


def test_abort_takes_a_release_over_that_nobody_drives(place: Place) -> None:
    run = place.terminal("run", "v1")
    run.until("HOLDING")
    run.process.kill()
    run.ended()
    abort = place.flight("abort", "--reason", "not tonight", "--json")
    assert abort.returncode == 0, abort.stdout + abort.stderr
    told = json.loads(abort.stdout)
    assert (told["outcome"], told["exit_status"]) == ("rolled back", 0)
    assert "called the release back: not tonight" in told["why"]
    assert "No process drives this release; taking it over here." in abort.stderr
    assert place.flight("abort").returncode == 4


def test_one_terminal_drives_another_steers_and_a_third_takes_it_back(place: Place) -> None:
    run = place.terminal("run", "v1")
    run.until("HOLDING")
    assert place.flight("pause", "--reason", "lunch").stdout == "paused: traffic stays as it is, the rules go on\n"
    run.until("PAUSED")
    busy = place.flight("run", "v2")
    assert (busy.returncode, "already running a release here" in busy.stderr) == (4, True)
    watch = place.terminal("watch")
    watch.until("PAUSED")
    assert place.flight("resume").stdout == "the release goes on\n"
    assert place.flight("promote").returncode == 0
    assert run.ended() == 0
    assert watch.ended() == 0
    assert "v1 is in service" in run.text and "v1 is in service" in watch.text

    place.change_the_service()
    second = place.terminal("run", "v2")
    second.until("HOLDING")
    abort = place.flight("abort", "--reason", "the colours are wrong")
    assert (abort.returncode, second.ended()) == (0, 1)
    assert abort.stdout.splitlines()[-2].startswith("v2 was called back, v1 has all the traffic again: ")
    assert place.answer() == "v1"


def test_a_shutdown_shows_the_page_at_once_and_open_undoes_it(place: Place) -> None:
    run = place.terminal("run", "v1")
    run.until("HOLDING")
    assert place.flight("promote").returncode == 0
    assert run.ended() == 0
    down = place.flight("shutdown", "--reason", "a breach")
    assert down.returncode == 0, down.stdout + down.stderr
    with pytest.raises(urllib.error.HTTPError) as refused:
        place.answer()
    assert refused.value.code == 503
    assert place.flight("run", "v2").returncode == 4
    opened = place.flight("open")
    assert opened.returncode == 0, opened.stdout + opened.stderr
    assert place.answer() == "v1"


def test_a_port_that_is_taken_is_found_before_anything_is_touched(place: Place) -> None:
    with socket.socket() as somebody_else:
        somebody_else.bind(("127.0.0.1", place.port))
        somebody_else.listen()
        refused = place.flight("run", "v1")
        who = f"{Path(f'/proc/{os.getpid()}/comm').read_text().strip()} (process {os.getpid()})"
    assert (refused.returncode, refused.stderr) == (
        4,
        f"127.0.0.1:{place.port} is already in use by {who}, so web cannot be reached there\n"
        "    end it, or change services.web.traffic.listen in the plan; nothing was touched\n",
    )
    assert place.flight("status", "--all").stdout == "Nothing was released here yet.\n"


def test_a_release_that_needs_a_person_can_be_left_to_one(place: Place) -> None:
    plan = place.folder / "flight.yaml"
    plan.write_text(plan.read_text().replace("hold: 10m", "hold: 2s"))  # nobody uses it: there is nothing to judge
    held = place.flight("run", "v1", "--exit-when-held")
    assert held.returncode == 3, held.stdout + held.stderr
    waits = "The release holds, and waits for you: full, 100%: the hold is over, and data are missing to judge it"
    assert waits in held.stdout
    assert "Nobody watches the rules until `flight run` goes on." in held.stdout
    plan.write_text(plan.read_text() + "# as it should have been\n")
    run = place.terminal("run")
    run.until("`flight abort` takes it back; then the new plan can be released")
    run.until("WAITING")
    assert place.flight("promote").returncode == 0
    assert run.ended() == 0


def test_a_gate_that_does_not_open_ends_with_six_and_touches_nothing(place: Place) -> None:
    plan = place.folder / "flight.yaml"
    plan.write_text(plan.read_text() + "gates:\n  code:\n    - {check: Tests pass, run: echo two failed; exit 1}\n")
    closed = place.flight("run", "v1")
    assert closed.returncode == 6, closed.stdout + closed.stderr
    assert "failed: Tests pass: exit status 1" in closed.stdout
    assert "v1 was not started, nothing was touched: the gate code did not open" in closed.stdout
    with pytest.raises(urllib.error.URLError):
        place.answer()
