"""The world of a story: an example, the shop for one, in a folder of its own, its state, and all that runs there."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil

from flightrules.clocks.system import SystemClock
from flightrules.domain.events import Entry
from flightrules.processes.kin import marked_under
from flightrules.processes.shelf import MARK
from flightrules.processes.supervisord import Supervisord
from flightrules.records import Records, open_records
from flightrules.state.changes import Changes
from flightrules.state.releases import Release
from tests.stories.flights import Ended, Flight
from tests.stories.terminal import Terminal
from tests.stories.users import Users

SHOP = Path(__file__).parents[2] / "examples" / "shop"
Found = TypeVar("Found")
Driver = Flight | Terminal


def free_address() -> str:
    """A port that nobody listens on, as the operating system chose it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def until(look: Callable[[], Found], within: float = 30.0, what: str = "it") -> Found:
    """Look until there is something true; return that."""
    give_up = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < give_up, f"{what} did not happen within {within:g} s"
        time.sleep(0.005)
    return found


class World:
    """One world. `folder` has a short path, so that a socket fits into it."""

    def __init__(self, example: Path = SHOP) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flight-"))
        self.state = self.folder / "state"
        self.plan_file = self.folder / "flight.yaml"
        self.plan: dict[str, Any] = {}
        self.users: dict[str, Users] = {}
        self.flights: list[Flight | Terminal] = []
        self.last: Ended | None = None
        self.at_the_end = contextlib.ExitStack()
        """What has to be undone once nothing runs any more, and before the folder is removed."""
        self._records: Records | None = None
        of_somebody = shutil.ignore_patterns("__pycache__", ".flight", ".env", "data")
        shutil.copytree(example, self.folder, dirs_exist_ok=True, ignore=of_somebody)

    @property
    def environment(self) -> dict[str, str]:
        """How a command is told where it works."""
        return {"FLIGHT_PLAN": str(self.plan_file), "FLIGHT_STATE": str(self.state)}

    def agree_on(self, plan: dict[str, Any]) -> None:
        """Make `plan` the plan that lies in the folder."""
        self.plan = plan
        self.plan_file.write_text(json.dumps(plan, indent=2))  # every JSON document is a YAML document

    def start(self, *words: str) -> Flight:
        """Start a command."""
        flight = Flight(words, self.folder / "commands" / str(len(self.flights) + 1), self.environment)
        self.flights.append(flight)
        return flight

    def open_terminal(self, *words: str) -> Terminal:
        """Start a command at a terminal of its own."""
        terminal = Terminal(words, self.folder, self.environment)
        self.flights.append(terminal)
        return terminal

    def flight(self, *words: str, within: float = 60.0) -> Ended:
        """Run a command to its end."""
        return self.start(*words).ended(within)

    @property
    def records(self) -> Records:
        """What `flight` remembers; nobody here writes to it."""
        if self._records is None:
            assert (self.state / "flight.db").exists(), f"there is no state yet: {self.said()}"
            self._records = open_records(self.state)
        return self._records

    @property
    def release(self) -> Release:
        """The last release."""
        latest = self.records.releases.latest()
        assert latest is not None, "nothing was released"
        return latest

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Return what the ledger has about the last release."""
        return [e for e in self.records.ledger.entries(release=self.release.id) if kind in (None, e.event.kind)]

    def watch(self, seen: Callable[[Entry], bool], driver: Driver, after: int = 0, within: float = 60.0) -> Entry:
        """Return the first entry after number `after` for which `seen` is true, as soon as `driver` wrote it."""
        until(lambda: (self.state / "flight.db").exists() or not driver.running, what="a state")
        give_up = time.monotonic() + within
        with contextlib.closing(Changes(self.records.state)) as changes:
            while True:
                over = not driver.running
                for entry in self.records.ledger.entries(after=after):
                    if seen(entry):
                        return entry
                    after = entry.number
                assert not over, f"it ended before what was waited for:\n{self.story()}"
                while not changes.any() and driver.running:
                    assert time.monotonic() < give_up, f"what was waited for did not happen:\n{self.story()}"
                    time.sleep(0.001)

    def story(self) -> str:
        """Return what happened so far, for somebody who reads why a test failed."""
        entries = [f"{e.number:>5} {e.event.kind} {dict(e.event.data)}"[:300] for e in self.entries()[-40:]]
        return "\n".join([*entries, self.said()])

    def said(self) -> str:
        """Return what the last commands said."""
        return "\n".join(flight.said for flight in self.flights[-2:])

    def addresses(self) -> dict[str, str]:
        """Return where users reach each service."""
        return {name: service["traffic"]["listen"] for name, service in self.plan["services"].items()}

    def programs(self) -> dict[str, int]:
        """Return the programs that live, by name, with the pid of each one's first process."""
        marked = sorted((p for p in marked_under(str(self.state / "processes"))), key=lambda p: p.create_time())
        named: dict[str, int] = {}
        for process in marked:
            with contextlib.suppress(psutil.Error):
                named.setdefault(Path(process.environ()[MARK]).name, process.pid)
        return named

    def running(self, service: str = "web") -> set[str]:
        """Return the names of the versions of `service` that have a process."""
        keys = (name.split(".")[1] for name in self.programs() if name.startswith(f"{service}."))
        return {key.rpartition("-")[0] for key in keys}

    def supervisord(self) -> int:
        """Return the pid of the supervisord of this state."""
        return int((self.state / "processes" / "keeper").read_text().split()[0])

    def end(self) -> None:
        """End everything by the state's own means, look for what is left, and remove the folder."""
        try:
            for flight in self.flights:
                flight.leave()
            for users in self.users.values():
                users.leave()
            if self._records is not None:
                self._records.state.close()
            asyncio.run(Supervisord(self.state / "processes", SystemClock()).close())
            left = until_gone(lambda: list(self._of_this_world()))
            assert not left, f"left running: {left}"
        finally:
            for process in self._of_this_world():
                process.kill()
            self.at_the_end.close()
            shutil.rmtree(self.folder)

    def _of_this_world(self) -> Iterator[psutil.Process]:
        """Every process that has this folder in its command line, its environment, or works in it."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and self._concerns(process):
                    yield process

    def _concerns(self, process: psutil.Process) -> bool:
        said = [*process.cmdline(), *process.environ().values(), process.cwd()]
        return any(str(self.folder) in each for each in said)


def until_gone(look: Callable[[], list[psutil.Process]], within: float = 5.0) -> list[str]:
    """Return in words what is still there after `within` seconds."""
    give_up = time.monotonic() + within
    while (left := look()) and time.monotonic() < give_up:
        time.sleep(0.05)
    return [f"{process.pid} {' '.join(process.cmdline())}" for process in left]
