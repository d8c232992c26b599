"""An example, rehearsed: a copy of its folder, ports of its own, and users from the moment its stable version serves.

What is asserted here is what every example promises, whatever it is: who serves afterwards, whom a bad version reached,
and that nothing which was acknowledged is lost.
"""

import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import yaml

from flightrules.testing.traffic_records import acknowledged_orders, failed_elsewhere
from tests.stories.flights import Flight
from tests.stories.users import Users
from tests.stories.world import World, free_address, until

EXAMPLES = Path(__file__).parents[2] / "examples"


class Example(World):
    """The world of one example. `ports` names, by service, the variable of `staging.env` that holds its port."""

    def __init__(self, name: str, ports: Mapping[str, str], **variables: str) -> None:
        super().__init__(EXAMPLES / name)
        self.name = name
        self.plan = yaml.safe_load(self.plan_file.read_text())
        self.state = self.folder / ".flight" / "rehearsal"  # where it is for everybody
        self._addresses = {service: free_address() for service in ports}
        chosen = {ports[service]: address.rpartition(":")[2] for service, address in self._addresses.items()}
        self.set_in_staging(**chosen, **variables)
        (self.folder / "data").mkdir()

    def set_in_staging(self, **variables: str) -> None:
        """Let these variables of staging have these values."""
        with (self.folder / "staging.env").open("a") as file:
            file.writelines(f"{key}={value}\n" for key, value in variables.items())  # the last one counts

    def addresses(self) -> dict[str, str]:
        """Return where users reach each service of staging."""
        return self._addresses

    def database(self, name: str) -> Path:
        """Return a database of staging; it is made, empty, where it is not there."""
        path = self.folder / name
        path.touch()
        return path

    def rehearse(self, version: str, stable: str, speed: str = "20000x") -> Flight:
        """Begin the rehearsal of `version`, and return once `stable` serves every service."""
        words = ("--from", stable, "--speed", speed, "--yes", "--keep", "--plain", "--state", str(self.state.parent))
        flight = self.start("rehearse", version, *words)
        for address in self._addresses.values():
            until(lambda a=address: serves(a) or not flight.running, 120, f"{stable} at {address}")  # type: ignore[misc]
        assert flight.running, flight.said
        return flight

    def users_come(
        self, service: str, routes: Iterable[str], body: str, per_second: float = 40.0, named: str = "users"
    ) -> Users:
        """Let users come to `service`: a request to each of `routes` in turn, `body` with each POST."""
        asked = [word for route in routes for word in ("--route", route)]
        records = self.state.parent / f"{named}-of-{service}"
        words = (*asked, "--body", body, "--version-header", "x-version", "--series", f"{named}-")
        came = self.users[f"{named} of {service}"] = Users(self._addresses[service], records, per_second, *words)
        return came

    def beside(self, script: str, *words: str) -> None:
        """Run a script of the example, such as what stands in for its providers, until this world ends."""
        process = subprocess.Popen([sys.executable, str(EXAMPLES / self.name / script), *words])
        self.at_the_end.callback(process.wait, 15)
        self.at_the_end.callback(process.terminate)

    def answered_by(self, service: str, visits: int = 10) -> set[str]:
        """Return which versions answer so many new users now."""
        answers = [httpx.get(f"http://{self._addresses[service]}/health") for _ in range(visits)]
        return {answer.headers.get("x-version", str(answer.status_code)) for answer in answers}

    def way_back(self) -> dict[str, Any]:
        """Return what is on record of the last way back: its procedure, and how long each part of it took."""
        return dict(self.entries("goback.ended")[-1].event.data)


def serves(address: str) -> bool:
    """Whether a version serves there; asks gently, because what it waits for needs the processors."""
    time.sleep(0.2)
    try:
        with urllib.request.urlopen(f"http://{address}/health", timeout=2):
            return True
    except OSError:
        return False


def nothing_lost(users: Users, database: Path, query: str) -> None:
    """Look for everything that users were told was done; `query` returns all references that are kept."""
    told = set(acknowledged_orders(users.records()))
    with closing(sqlite3.connect(database)) as connection:
        kept = {row[0] for row in connection.execute(query)}
    assert told, "nobody was told that anything was done"
    assert told <= kept, f"{len(told - kept)} of {len(told)} are lost, such as {sorted(told - kept)[:3]}"


def only_the_candidate_failed(users: Users, candidate: str, at_most: int) -> None:
    """No user got a bad answer but from `candidate`, and not too many got one."""
    records = users.records()
    assert failed_elsewhere(records, candidate) == 0, [r for r in records if r.failed and r.version != candidate][:3]
    failed = sum(record.failed for record in records)
    assert 0 < failed <= at_most, f"{failed} of {len(records)} failed"
