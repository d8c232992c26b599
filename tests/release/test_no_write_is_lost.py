"""Generated weather over a database: every write that was acknowledged is found again, whatever happens.

An application writes numbered orders all the time, and a job of its own writes past the router; what either was told
is stored is remembered outside. Meanwhile the release migrates, goes back, asks people, dies and goes on.
`FLIGHT_EXAMPLES=5000 pytest tests/release/test_no_write_is_lost.py` tries that many for each class of migration, and
other ones each time.
"""

import asyncio
import csv
import itertools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightrules.domain.adapter import Adapter
from flightrules.domain.database_plan import DatabasePlan, Way
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.migrations import Finding, MigrationClass, PendingMigration
from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from flightrules.ports.database import BackupOptions, DatabaseOptions
from flightrules.state.releases import OPEN
from tests.release.flying import Flying
from tests.release.plans import TOO_BAD, plan, stage
from tests.release.twelve import RULES, the_end
from tests.release.watched import Watched

EXAMPLES = int(os.environ.get("FLIGHT_EXAMPLES", "0"))
QUICK_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None
OPTIONS = DatabaseOptions(migrate="up", undo="down", backup=BackupOptions())
STAGES = (stage("canary", 5, 20.0), stage("full", 100, 20.0))


@dataclass(frozen=True)
class Agreed:
    """What a plan of an example says about its database, and what its candidate and its people do."""

    way: Way | None
    asked_first: bool
    rehearse: bool
    bad: bool
    """Whether the candidate fails its users from the middle of the canary on."""
    consent: bool
    """Whether people agree to what they are asked."""

    def plan(self, kind: MigrationClass):
        allowed = frozenset(MigrationClass) - ({kind} if self.asked_first else set())
        back = {"back": {kind: self.way}} if self.way else {}
        database = DatabasePlan(
            "main", Adapter("fake", OPTIONS), "web", allowed=allowed, rehearse=self.rehearse, **back
        )
        return plan(stages=STAGES, rules=(TOO_BAD,), databases=(database,))


class Application:
    """Writes numbered orders, and now and then one anew; `acknowledged` has what it was told is stored."""

    def __init__(self, world: Watched) -> None:
        self.world = world
        self.server = world.servers["main"]
        self.acknowledged: dict[int, str] = {}
        self._numbers = itertools.count(1)

    def serves(self) -> bool:
        """Whether the router lets anybody through to it."""
        routes = self.world.traffic["web"].in_force
        return routes is not None and routes.split is not None and routes.closed is None

    def write(self) -> None:
        """Place an order, and mark an older one as sent."""
        number = next(self._numbers)
        self._store(number, "paid")
        self._store(max(1, number - 5), "sent")

    async def go_on(self) -> None:
        """Serve users, and let the job run beside them, until it is ended."""
        for turn in itertools.count():
            await self.world.clock.sleep(1.7)
            if self.serves() or turn % 4 == 0:
                self.write()

    def _store(self, number: int, text: str) -> None:
        if self.server.away:
            return
        try:
            self.server.write("orders", number, text)
        except DatabaseFailed:
            return
        self.acknowledged[number] = text


def _ask(ask: Ask, **arguments: object):
    return lambda flying, app: flying.world.ask(ask, reason="a test", **arguments)


def _unheard(what: str):
    return lambda flying, app: flying.world.servers["main"].unheard.add(what)


def _away(away: bool):
    return lambda flying, app: setattr(flying.world.servers["main"], "away", away)


def _failing(share: float):
    return lambda flying, app: flying.world.users.failing.update(v2=share)


def _dies(moments: int):
    return lambda flying, app: flying.dies_in(moments)


ACTS = {
    "database goes away": _away(True),
    "database comes back": _away(False),
    "nobody hears of the migration": _unheard("migrate"),
    "nobody hears of the undo": _unheard("undo"),
    "nobody hears of the closing": _unheard("close"),
    "nobody hears of the swap": _unheard("swap"),
    "nobody hears of the opening": _unheard("open"),
    "candidate fails a lot": _failing(0.5),
    "candidate answers well": _failing(0.0),
    "approve": _ask(Ask.APPROVE),
    "reject": _ask(Ask.REJECT),
    "abort": _ask(Ask.ABORT),
    "resume": _ask(Ask.RESUME),
    "shutdown": _ask(Ask.SHUTDOWN),
    "an order": lambda flying, app: app.write(),
    **{f"flight dies in {moments}": _dies(moments) for moments in (1, 2, 3, 5, 8, 13, 21, 34)},
    "flight is taken over": lambda flying, app: flying.start(),
}
OFTEN = [name for name in ACTS if name.startswith(("flight", "database", "nobody"))]
SELDOM = [name for name in ACTS if name not in ("abort", "shutdown")]
HAPPENINGS = st.one_of(*(st.sampled_from(names) for names in (OFTEN, OFTEN, OFTEN, SELDOM, SELDOM, list(ACTS))))
DELAYS = st.sampled_from([0.0, 0.0, 0.5, 3.0, 5.0, 10.0, 21.0])
SCRIPTS = st.lists(st.tuples(DELAYS, HAPPENINGS), max_size=14)
WAYS = {
    MigrationClass.EXPAND_ONLY: st.sampled_from([None, Way.UNDO]),
    MigrationClass.REVERSIBLE: st.sampled_from([None, Way.STAY, Way.RESTORE]),
    MigrationClass.UNKNOWN: st.sampled_from([None, Way.UNDO]),
    MigrationClass.DESTRUCTIVE: st.none(),
}
SELDOM_TRUE = st.sampled_from([False, False, True])


def agreed(kind: MigrationClass):
    return st.builds(
        Agreed, WAYS[kind], asked_first=SELDOM_TRUE, rehearse=SELDOM_TRUE, bad=st.booleans(), consent=st.booleans()
    )


async def fly(world: Watched, app: Application, agreed: Agreed, script) -> Outcome:
    """Release, let `script` happen, then let everything heal, and let people answer, to the end."""
    flying, writing = Flying(world), asyncio.ensure_future(app.go_on())
    if agreed.bad:
        world.later(15, lambda: world.users.failing.update(v2=0.5))
    try:
        for delay, name in script:
            await world.clock.sleep(delay)
            await world.settle(5)
            if flying.ended:
                break
            ACTS[name](flying, app)
        world.servers["main"].away = False
        return await to_the_end(flying, agreed)
    finally:
        writing.cancel()
        world.out_of_turn = [each for process in flying.processes for each in process.fate.out_of_turn]
        await flying.close()


async def to_the_end(flying: Flying, agreed: Agreed) -> Outcome:
    world = flying.world
    for round_ in range(60):
        for _ in range(4):
            await world.clock.sleep(5)
            if flying.ended:
                return flying.ending.result()
        world.ask(Ask.RESUME)
        world.ask(Ask.APPROVE if agreed.consent else Ask.REJECT)
        if round_ > 40:
            world.ask(Ask.ABORT, reason="it does not end")
    raise AssertionError("everything is well, people answered and called it back, and it does not end")


def exported(world: Watched) -> dict[int, str]:
    """Return the rows in the files that the record names."""
    found: dict[int, str] = {}
    for counted in world.events("writes.counted"):
        for table in counted["tables"]:
            if table["table"] == "orders":
                with Path(table["file"]).open(newline="") as file:
                    found |= {int(row["key"]): row["value"] for row in csv.DictReader(file)}
    return found


def kept(world: Watched) -> dict[int, str]:
    """Return the rows in the databases that the record says were kept."""
    names = [each["kept_as"] for each in world.events("database.restored")]
    return {key: value for name in names for key, value in world.servers["main"].databases[name]["orders"].items()}


def nothing_is_lost(world: Watched, app: Application) -> None:
    """Every acknowledged write is where the record says: in the database, or in what a restore left of it."""
    there = world.servers["main"].tables(None)["orders"]
    missing = {number: text for number, text in app.acknowledged.items() if there.get(number) != text}
    if not world.events("database.restored"):
        assert missing == {}, "nothing was restored, and writes are not in the database"
        return
    for where in (kept(world), exported(world)):
        assert {n: text for n, text in missing.items() if where.get(n) != text} == {}, "writes that nobody can find"


def the_record_is_true(world: Watched) -> None:
    """What is on record about the database is so."""
    server = world.servers["main"]
    restored = [each["kept_as"] for each in world.events("database.restored")]
    assert sorted(restored) == sorted(server.kept), "a restore is on record exactly where there was one"
    assert not (restored and world.events("database.left"))
    text = " ".join(notice.text for notice in world.notifier.told)
    assert not (restored and "was not restored and is as it was" in text)


def the_database_fits(world: Watched, outcome: Outcome) -> None:
    """The tables are those of the version that serves, as far as was agreed."""
    tables, decided = world.servers["main"].tables(None), world.events("database.way_back")
    if outcome is Outcome.RELEASED:
        assert "stock" in tables
    elif outcome is Outcome.NOT_STARTED:
        assert "stock" not in tables
    elif outcome is Outcome.ROLLED_BACK and not world.events("database.left"):
        stays = bool(decided) and decided[0]["why"].endswith("the plan leaves it then")
        assert stays or "stock" not in tables


async def opened(world: Watched) -> None:
    """After a shutdown, `flight open` brings everything back."""
    world.another("r9")
    world.only_stable = True
    assert await world.release(story=OPEN) is Outcome.OPENED


async def tried(folder: Path, kind: MigrationClass, agreed: Agreed, script) -> None:
    world = Watched(folder, agreed.plan(kind))
    server = world.servers["main"]
    world.pending["main"] = PendingMigration("a1", ("b2",), (Finding(f"alter -- {kind}", kind, "a test says so"),))
    server.effects = {
        "migrate": lambda tables: tables.setdefault("stock", {1: "new"}),
        "undo": lambda tables: tables.pop("stock", None),
    }
    server.write("orders", 0, "paid")
    app = Application(world)
    try:
        outcome = await fly(world, app, agreed, script)
        for rule in RULES:
            rule(world)
        the_end(world, outcome)
        nothing_is_lost(world, app)
        the_record_is_true(world)
        the_database_fits(world, outcome)
        if outcome is Outcome.CLOSED:
            await opened(world)
        assert not server.closed, "it takes writes again"
    finally:
        world.state.close()


@pytest.mark.slow
@pytest.mark.timeout(0 if EXAMPLES else 300)
@pytest.mark.parametrize("kind", MigrationClass)
def test_whatever_happens_no_acknowledged_write_is_lost_and_the_record_says_where_it_is(kind):
    @given(agreed=agreed(kind), script=SCRIPTS)
    @settings(
        max_examples=EXAMPLES or 40,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def whatever_happens(agreed, script):
        with tempfile.TemporaryDirectory(dir=QUICK_FOLDER) as folder:
            asyncio.run(asyncio.wait_for(tried(Path(folder) / "state", kind, agreed, script), 60))

    whatever_happens()
