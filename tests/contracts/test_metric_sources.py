"""Every metric source keeps the contract: those of the package, and the fake that stands in for them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from flightrules import adapters
from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import DatabaseUnusable, RouterUnreachable
from flightrules.domain.traffic import Instance, Version
from flightrules.domain.verdict import Counters, Histogram
from flightrules.metric_sources import command, http, person, postgres, prometheus, router, sql, target
from flightrules.ports.people import Said
from flightrules.processes.marks import MarkedProcesses
from flightrules.testing.fake_metric_source import FakeMetricSource
from flightrules.testing.metric_source_contract import SECRET, Bad, MetricSourceContract, MetricSourceWorld
from tests.metric_sources.running import running_in
from tests.metric_sources.small_server import Asked, SmallServer, small_server

ABOUT: dict[str, Any] = {"service": "web", "target": None, "router": None, "clock": SystemClock(), "marks": None}
TYPED = "its values come as numbers from inside the program"


class FakeWorld:
    cannot: Mapping[Bad, str] = {}

    def __init__(self) -> None:
        self.source = self.fake = FakeMetricSource()

    def supplies(self, *versions: Version) -> None:
        self.fake.answers({version.key: 1.0 for version in versions})

    def behaves(self, bad: Bad) -> None:
        match bad:
            case Bad.SLOW:
                self.fake.hangs()
            case Bad.NOTHING:
                self.fake.answers({})
            case Bad.NOT_A_NUMBER:
                self.fake.answers(dict.fromkeys(self.fake.sample, float("nan")))
            case _:
                self.fake.breaks()

    def left_over(self) -> int:
        return len(self.fake.asked) - self.fake.ended_early


class RouterWorld:
    """Is the router itself."""

    cannot: Mapping[Bad, str] = {Bad.RUBBISH: TYPED, Bad.HUGE: TYPED, Bad.NOT_A_NUMBER: TYPED}

    def __init__(self) -> None:
        self.source = router.create(router.Options(), name="traffic", plan_folder=Path(), **{**ABOUT, "router": self})
        self.counted: Mapping[str, Counters] = {}
        self.bad: Bad | None = None

    async def counters(self) -> Mapping[str, Counters]:
        if self.bad is Bad.DOWN:
            raise RouterUnreachable("the router is not there", "Start it.")
        if self.bad is Bad.SLOW:
            await asyncio.Event().wait()
        return self.counted

    def supplies(self, *versions: Version) -> None:
        self.bad = None
        one = Counters(1, 0, Histogram((1.0, float("inf")), (1, 0)))
        self.counted = {version.key: one for version in versions}

    def behaves(self, bad: Bad) -> None:
        self.bad = bad
        if bad is Bad.NOTHING:
            self.counted = {}

    def left_over(self) -> int:
        return 0


class TargetWorld:
    """Is the target itself; this process stands in for those of the versions."""

    cannot: Mapping[Bad, str] = {
        Bad.DOWN: "it asks this machine itself",
        Bad.RUBBISH: TYPED,
        Bad.HUGE: TYPED,
        Bad.NOT_A_NUMBER: TYPED,
    }

    def __init__(self) -> None:
        self.source = target.create(target.Options(), name="memory", plan_folder=Path(), **{**ABOUT, "target": self})
        self.running: tuple[Instance, ...] = ()
        self.slow = False

    async def instances(self) -> tuple[Instance, ...]:
        if self.slow:
            await asyncio.Event().wait()
        return self.running

    def supplies(self, *versions: Version) -> None:
        self.running = tuple(Instance(v.name, v, "127.0.0.1:1", os.getpid(), True) for v in versions)

    def behaves(self, bad: Bad) -> None:
        self.slow = bad is Bad.SLOW
        if bad is Bad.NOTHING:
            self.running = ()

    def left_over(self) -> int:
        return 0


class PersonWorld:
    """Is the people and the record of what they said."""

    cannot: Mapping[Bad, str] = {
        Bad.DOWN: "what was said stands in the record of the release itself",
        Bad.SLOW: "what was said stands in the record of the release itself",
        Bad.HUGE: TYPED,
    }

    def __init__(self) -> None:
        options = person.Options(role="product")
        self.source = person.create(options, name="joy", plan_folder=Path(), **{**ABOUT, "people": self})
        self._said: Any = None

    def said(self, metric: str) -> Said | None:
        return None if self._said is None else Said(self._said, "anna", 0.0)

    def who(self, role: str) -> str:
        return f"role {role}: anna"

    def supplies(self, *versions: Version) -> None:
        self._said = 4.0

    def behaves(self, bad: Bad) -> None:
        self._said = {Bad.RUBBISH: "quite happy", Bad.NOT_A_NUMBER: float("nan")}.get(bad)

    def left_over(self) -> int:
        return 0


class WebWorld:
    """A small web server. `measured` and `bodies` are what the kind of source wants to be told."""

    cannot: Mapping[Bad, str] = {}

    def __init__(
        self,
        source: Any,
        server: SmallServer,
        measured: Callable[[Asked, set[str]], bytes],
        bodies: Mapping[Bad, bytes],
    ) -> None:
        self.source, self._server, self._measured, self._bodies = source, server, measured, bodies

    def supplies(self, *versions: Version) -> None:
        names = {version.name for version in versions}
        self._server.down = self._server.slow = False
        self._server.body = lambda asked: self._measured(asked, names)

    def behaves(self, bad: Bad) -> None:
        self._server.down, self._server.slow = bad is Bad.DOWN, bad is Bad.SLOW
        if bad in self._bodies:
            self._server.says(self._bodies[bad])

    def left_over(self) -> int:
        return self._server.connections


def http_body(asked: Asked, names: set[str]) -> bytes:
    return json.dumps({"value": 7 if asked.path.removeprefix("/") in names else None}).encode()


def prometheus_body(asked: Asked, names: set[str]) -> bytes:
    known = asked.query["query"][0].removeprefix('up{version="').removesuffix('"}') in names
    return vector([{"metric": {}, "value": [1.0, "7"]}] if known else [])


def vector(result: list[Any]) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


HUGE = b"1" * (1 << 21)


class CommandWorld:
    """A shell line that does what a file says."""

    cannot: Mapping[Bad, str] = {}
    lines: Mapping[Bad, str] = {
        Bad.DOWN: f"echo no connection with {SECRET} >&2; exit 3",
        Bad.SLOW: "sleep 60 & sleep 60",
        Bad.RUBBISH: "echo Segmentation fault",
        Bad.NOT_A_NUMBER: "echo NaN",
        Bad.NOTHING: "true",
        Bad.HUGE: "head -c 2000000 /dev/zero",
    }

    def __init__(self, folder: Path) -> None:
        self._file = folder / "behave.sh"
        options = command.Options(run=". ./behave.sh", per_version=True, environment={"PASSWORD": SECRET})
        self.source = command.create(
            options, name="cost", plan_folder=folder, **{**ABOUT, "marks": MarkedProcesses(folder)}
        )

    def supplies(self, *versions: Version) -> None:
        names = "|".join(version.name for version in versions)
        self._file.write_text(f"case $VERSION in {names}) echo working; echo 7;; esac\n")

    def behaves(self, bad: Bad) -> None:
        self._file.write_text(self.lines[bad] + "\n")

    def left_over(self) -> int:
        return running_in(self._file.parent)


class AskedWorld:
    """Is the database itself; `row` is a row with the number in it, as the kind of source asks for it."""

    cannot: Mapping[Bad, str] = {}

    def __init__(self, row: Callable[[str], tuple[str, ...]]) -> None:
        self._row = row
        self._answer: Callable[[str], tuple[tuple[str, ...], ...]] = lambda sql: ()
        self._bad: Bad | None = None
        self._asking = 0

    async def rows(self, sql: str, as_role: str | None = None, most: int = 100, within: float | None = None) -> Any:
        if self._bad is Bad.DOWN:
            raise DatabaseUnusable("database main cannot be reached:\nconnection refused", "Start it.")
        self._asking += 1
        try:
            if self._bad is Bad.SLOW:
                await asyncio.Event().wait()
            return self._answer(sql)
        finally:
            self._asking -= 1

    async def close(self) -> None:
        """Nothing is kept."""

    def supplies(self, *versions: Version) -> None:
        self._bad = None
        names = {f"'{version.name}'" for version in versions}
        self._answer = lambda sql: (
            (self._row("7"),) if "$" not in sql and ("'v" not in sql or any(n in sql for n in names)) else ()
        )

    def behaves(self, bad: Bad) -> None:
        self._bad = bad
        texts = {Bad.RUBBISH: "00:00:07", Bad.NOT_A_NUMBER: "NaN", Bad.NOTHING: "", Bad.HUGE: "1" * (1 << 21)}
        self._answer = lambda sql: (self._row(texts[bad]),)

    def left_over(self) -> int:
        return self._asking


@asynccontextmanager
async def sql_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    world: Any = AskedWorld(lambda text: (text,))
    options = sql.Options(database="main", query="select count(*) from jobs where version = '$version'")
    world.source = sql.create(options, queries=world, name="jobs", plan_folder=folder, **ABOUT)
    yield world


@asynccontextmanager
async def postgres_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    world: Any = AskedWorld(lambda text: (text, "0"))
    options = postgres.Options(database="main")
    world.source = postgres.create(options, queries=world, name="connections", plan_folder=folder, **ABOUT)
    yield world


@asynccontextmanager
async def fake_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    yield FakeWorld()


@asynccontextmanager
async def router_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    yield RouterWorld()


@asynccontextmanager
async def target_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    yield TargetWorld()


@asynccontextmanager
async def person_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    yield PersonWorld()


@asynccontextmanager
async def command_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    yield CommandWorld(folder)


@asynccontextmanager
async def http_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    async with small_server() as server:
        url = server.url.replace("//", f"//anna:{SECRET}@") + f"/$version?token={SECRET}"
        source = http.create(http.Options(url=url, value="value", bearer=SECRET), name="n", plan_folder=folder, **ABOUT)
        bodies = {
            Bad.RUBBISH: b"<html>",
            Bad.NOT_A_NUMBER: b'{"value": NaN}',
            Bad.NOTHING: b'{"value": null}',
            Bad.HUGE: HUGE,
        }
        yield WebWorld(source, server, http_body, bodies)


@asynccontextmanager
async def prometheus_world(folder: Path) -> AsyncIterator[MetricSourceWorld]:
    async with small_server() as server:
        url = server.url.replace("//", f"//anna:{SECRET}@")
        options = prometheus.Options(url=url, query='up{version="$version"}', bearer=SECRET)
        source = prometheus.create(options, name="n", plan_folder=folder, **ABOUT)
        bodies = {
            Bad.RUBBISH: b'{"status": "perhaps"}',
            Bad.NOT_A_NUMBER: vector([{"metric": {}, "value": [1.0, "+Inf"]}]),
            Bad.NOTHING: vector([]),
            Bad.HUGE: HUGE,
        }
        yield WebWorld(source, server, prometheus_body, bodies)


WORLDS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[MetricSourceWorld]]] = {
    "fake": fake_world,
    "router": router_world,
    "target": target_world,
    "command": command_world,
    "person": person_world,
    "http": http_world,
    "prometheus": prometheus_world,
    "sql": sql_world,
    "postgres": postgres_world,
}


def test_no_source_of_the_package_skips_the_contract() -> None:
    assert set(adapters.kinds(adapters.METRIC_SOURCES)) | {"fake"} == set(WORLDS)


class TestEverySource(MetricSourceContract):
    @pytest.fixture(params=sorted(WORLDS))
    async def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MetricSourceWorld]:
        async with WORLDS[request.param](tmp_path) as world:
            yield world
