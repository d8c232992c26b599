"""Given a shop, when something is done to it by the real command line, then look at what became of it.

The three share one world, and each of their methods returns the object itself, so that a story reads as one. A
`then` looks at the last release, and waits for nothing.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import pytest

from flightrules.domain.events import Entry
from flightrules.testing.traffic_records import failed_elsewhere
from tests.stories import plans
from tests.stories.flights import Ended, Flight
from tests.stories.terminal import Terminal
from tests.stories.users import Users
from tests.stories.world import World, free_address, until

STATUSES = {"released": 0, "rolled back": 1, "closed": 5, "not started": 6, "opened": 0, "down": 5}
"""How `flight run` ends, by outcome."""


class Given:
    """Makes the world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def a_shop(self, *services: str, target: dict[str, Any] | None = None, **sections: Any) -> "Given":
        """A shop of these services (or `web` alone), and the plan for it; nothing serves yet."""
        named = {name: plans.service(free_address(), **(target or {})) for name in services or ("web",)}
        self.world.agree_on(plans.plan(named, **sections))
        return self

    def agreeing_on(self, **sections: Any) -> "Given":
        """These sections of the plan are others from now on."""
        self.world.agree_on(self.world.plan | sections)
        return self

    def with_stable(self, version: str) -> "Given":
        """`version` serves, as an earlier release left it."""
        wanted = self.world.plan
        self.world.agree_on(plans.at_once(wanted))
        ended = self.world.flight("run", version)
        assert ended.status == 0, ended
        self.world.agree_on(wanted)
        return self

    def with_users(self, per_second: float = 40.0) -> "Given":
        """Users come to every service, and do not stop."""
        for name, address in self.world.addresses().items():
            self.world.users[name] = Users(address, self.world.folder / f"users-of-{name}", per_second)
            until(lambda n=name: self.world.users[n].records(), what="the first answer")  # type: ignore[misc]
        return self

    def a_version(self, name: str, app: str) -> "Given":
        """A version of the shop whose `app.py` is `app`."""
        folder = self.world.folder / "versions" / name
        folder.mkdir()
        (folder / "app.py").write_text(app)
        return self


class When:
    """Does things, from one terminal or another."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.driver: Flight | Terminal | None = None
        self._seen = 0

    def releasing(self, *words: str) -> "When":
        """`flight run VERSION`, in a terminal of its own; goes on once the release has begun."""
        self._seen = self._last_number()
        self.driver = self.world.start("run", *words)
        return self.it_comes_to("release.started")

    def at_a_terminal(self, *words: str) -> Terminal:
        """A command that somebody types at a real terminal; it drives the release."""
        self._seen = self._last_number()
        self.driver = terminal = self.world.open_terminal(*words)
        return terminal

    def _last_number(self) -> int:
        return self.world.records.ledger.head()[0] if (self.world.state / "flight.db").exists() else 0

    def going_on(self) -> "When":
        """`flight run` once more, in a terminal of its own."""
        self.driver = self.world.start("run")
        return self

    def it_comes_to(self, kind: str, within: float = 60.0, **data: Any) -> "When":
        """Wait for the next event of this kind, with this in its data."""
        self.event(kind, within, **data)
        return self

    def event(self, kind: str, within: float = 60.0, **data: Any) -> Entry:
        """Wait for the next event of this kind, and return it."""

        def is_it(entry: Entry) -> bool:
            return entry.event.kind == kind and all(entry.event.data.get(key) == data[key] for key in data)

        return self.event_that(is_it, within)

    def event_that(self, is_it: Callable[[Entry], bool], within: float = 60.0) -> Entry:
        """Wait for the next event for which `is_it` is true, and return it."""
        assert self.driver is not None
        found = self.world.watch(is_it, self.driver, self._seen, within)
        self._seen = found.number
        return found

    def it_ends(self, within: float = 60.0) -> "When":
        """Wait until the command that drives the release has ended."""
        assert isinstance(self.driver, Flight)
        self.world.last = self.driver.ended(within)
        return self

    def it_is_killed(self) -> "When":
        """kill -9 of the command that drives the release."""
        assert isinstance(self.driver, Flight)
        self.driver.kill()
        return self

    def until(self, look: Callable[[], object]) -> "When":
        """Wait for something that the ledger does not know."""
        until(look)
        return self

    def seconds_pass(self, seconds: float) -> "When":
        """Let time pass."""
        time.sleep(seconds)
        return self

    def somebody_says(self, *words: str) -> Ended:
        """A command in another terminal, to its end."""
        self.world.last = self.world.flight(*words)
        return self.world.last

    def killing(self, pid: int) -> "When":
        """kill -9 of something else."""
        psutil.Process(pid).kill()
        return self


class Then:
    """Looks at what became of it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def outcome(self, wanted: str, status: int | None = None) -> "Then":
        """The last release ended like this, wherever one looks: exit status, record, report; and nobody forged it."""
        world, last = self.world, self.world.last
        assert last is not None
        assert last.status == (STATUSES[wanted] if status is None else status), f"{last}\n{world.story()}"
        assert (world.release.outcome, world.records.releases.unfinished()) == (wanted, None), world.story()
        (ended,) = world.entries("release.ended")
        assert ended.event.data["outcome"] == wanted
        report = world.flight("report")
        assert report.status == 0, report
        assert wanted in report.out.lower(), report
        return self.record_is_whole()

    def record_is_whole(self) -> "Then":
        """Nothing in the ledger was changed, removed or added."""
        verified = self.world.flight("ledger", "verify")
        assert verified.status == 0, verified
        return self

    def says(self, *fragments: str) -> "Then":
        """The last command said all of this, wherever it broke its lines."""
        assert self.world.last is not None
        said = " ".join(self.world.last.said.split())
        for fragment in fragments:
            assert fragment in said, f"{fragment!r} is missing: {self.world.last}"
        return self

    def says_nothing_of(self, *fragments: str) -> "Then":
        """The last command said none of this."""
        assert self.world.last is not None
        for fragment in fragments:
            assert fragment not in self.world.last.said, self.world.last
        return self

    def status(self, wanted: int) -> "Then":
        """The last command ended with this."""
        assert self.world.last is not None
        assert self.world.last.status == wanted, self.world.last
        return self

    def splits(self, *wanted: str, service: str = "web") -> "Then":
        """The traffic went through these splits (`v1 80 v2 20`), each at least once, and through no other."""
        assert splits(self.world, service) == list(wanted)
        return self

    def in_service(self, **wanted: str) -> "Then":
        """These versions are in service: as `flight` says, and as users see."""
        said = self.world.flight("status", "--json").json()
        assert {each["service"]: each["version"] for each in said["in_service"]} == wanted
        for service, version in wanted.items():
            assert answered_by(self.world.addresses()[service]) == {version}
        return self

    def runs(self, *wanted: str, service: str = "web") -> "Then":
        """Exactly these versions have a process."""
        assert self.world.running(service) == set(wanted)
        return self

    def failed_requests(self, at_candidate: str | None = None) -> "Then":
        """No user got a bad answer, but for those that the candidate named here gave itself."""
        for service, users in self.world.users.items():
            records = users.records()
            assert records, f"nobody used {service}"
            others = failed_elsewhere(records, at_candidate or "nobody")
            bad = [record for record in records if record.failed and record.version != at_candidate]
            assert others == 0, f"{others} of {len(records)} at {service}: {bad[:5]}\n{self.world.story()}"
        return self

    def happened(self, kind: str, times: int | None = None, **data: Any) -> "Then":
        """The last release has such events: at least one, or exactly so many."""
        found = [e for e in self.world.entries(kind) if all(e.event.data.get(key) == data[key] for key in data)]
        assert len(found) == times if times is not None else found, f"{kind} {data}:\n{self.world.story()}"
        return self

    def steps(self) -> list[str]:
        """Return the names of the steps of the last release, in the order in which they began."""
        return [entry.event.data["step"] for entry in self.world.entries("step.started")]

    def report_says(self, *fragments: str) -> "Then":
        """The report of the last release has all of this."""
        report = self.world.flight("report").out
        for fragment in fragments:
            assert fragment in report, f"{fragment!r} is missing in:\n{report}"
        return self


def splits(world: World, service: str = "web") -> list[str]:
    """Return the splits of the last release in order, as words; one that was set twice in a row counts once."""
    found: list[str] = []
    for entry in world.entries("traffic.shifted"):
        data = entry.event.data
        if data["service"] != service:
            continue
        shares = (f"{data['names'][key]} {percent:g}" for key, percent in data["split"].items() if percent)
        text = "page" if data["closed"] else " ".join(shares)
        if found[-1:] != [text]:
            found.append(text)
    return found


def answered_by(address: str, visits: int = 10) -> set[str]:
    """Return which versions answered so many new users."""
    answers = [httpx.get(f"http://{address}/api/orders") for _ in range(visits)]
    return {answer.headers.get("x-shop-version", str(answer.status_code)) for answer in answers}


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.end()


@pytest.fixture
def given(world: World) -> Given:
    return Given(world)


@pytest.fixture
def when(world: World) -> When:
    return When(world)


@pytest.fixture
def then(world: World) -> Then:
    return Then(world)
