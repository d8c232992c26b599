"""Drills with real processes and real traffic: broken on purpose, taken back, measured, asked for by a gate."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from flightrules.clocks.system import SystemClock
from flightrules.ledger.ledger import Ledger
from flightrules.processes.kin import marked_under
from flightrules.processes.supervisord import Supervisord
from flightrules.records import open_records
from flightrules.state.releases import DOWN, Releases
from tests.stories import plans
from tests.stories.fixture import answered_by
from tests.stories.world import World, free_address, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LOAD = "$PYTHON -m flightrules.testing.steady_traffic --url http://127.0.0.1:$SHOP_PORT --per-second 60 --for 300"
GATE = {"rehearsal": [{"check": "Rolled back lately", "rehearsed": {"within": "30 days"}}]}
STAGES = [plans.stage("canary", 20, hold="1h"), plans.stage("full", 100, hold="1h")]


TOOL = """
import os, pathlib, sqlite3, sys
has_one = pathlib.Path("notes.sql").exists()  # as v2 does, in whose folder it is run
database = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None)
((revision,),) = database.execute("pragma user_version").fetchall()
pending = ["create table notes (text text)", "pragma user_version = 2"][: 2 * (has_one and revision < 2)]
if sys.argv[1] == "up":
    for each in pending:
        database.execute(each)
else:
    print(*(pending[:1] if sys.argv[1] == "sql" else [revision]))
"""


class Shop(World):
    """A plan that can be rehearsed, with `v1` in production, at `production`."""

    def __init__(self) -> None:
        super().__init__()
        self.production, staging = free_address(), free_address()
        (self.folder / ".env").write_text(f"SHOP_PORT={port(self.production)}\n")
        (self.folder / "staging.env").write_text(f"SHOP_PORT={port(staging)}\nPYTHON={sys.executable}\n")
        target = {"environment": {"SHOP_STORE": "memory"}, "stands_alone": True}
        services = {"web": plans.service("127.0.0.1:${SHOP_PORT}", **target)}
        rehearsal = {"environment": "staging.env", "load": LOAD}
        agreed = plans.plan(services, stages=STAGES, gates=GATE, rehearsal=rehearsal)
        self.agree_on(plans.at_once(agreed))
        released = self.flight("run", "v1")
        assert released.status == 0, released
        self.agree_on(agreed)

    def end(self) -> None:
        """End staging too, where a story left it running."""
        asyncio.run(Supervisord(self.state / "rehearsal" / "processes", SystemClock()).close())
        super().end()


def port(address: str) -> str:
    return address.rpartition(":")[2]


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.end()


def drilled(world: Shop, *words: str) -> dict[str, Any]:
    said = world.flight("drill", *words, "--speed", "900x", "--yes", "--json", within=120)
    told: dict[str, Any] = json.loads(said.out.splitlines()[-1])
    assert told["exit_status"] == 0, said
    return told


def test_a_drill_is_taken_back_leaves_production_alone_and_opens_the_gate(shop: Shop) -> None:
    before = json.loads(shop.flight("ready", "v2", "--json").out)
    assert (before["go"], before["blocking"][0]["says"]) == (
        False,
        "no rehearsed way back is on record; `flight drill code VERSION` does it",
    )
    told = drilled(shop, "code", "v2")
    assert told["outcome"] == "rolled back"
    assert 0 < told["back"] < told["bound"] == 900.0
    assert told["noticed"] is not None
    assert answered_by(shop.production) == {"v1"}
    assert json.loads(shop.flight("ready", "v2", "--json").out)["go"]


def test_the_shutdown_and_one_service_alone_are_drilled(shop: Shop) -> None:
    assert drilled(shop, "shutdown", "v2")["outcome"] == "closed"
    told = drilled(shop, "service", "v2")
    assert (told["outcome"], told["held"]) == ("rolled back", True)


def test_a_drill_that_is_killed_goes_on_where_it_was(shop: Shop) -> None:
    flight = shop.start("drill", "code", "v2", "--speed", "900x", "--yes", "--json")
    staging = shop.state / "rehearsal"
    until(lambda: (staging / "flight.db").exists(), 60, "a state")
    with contextlib.closing(open_records(staging).state) as state:
        began = Ledger(state, SystemClock())
        until(lambda: began.of_kind("drill.began"), 60, "the drill")
    flight.kill()
    assert drilled(shop, "code", "v2")["outcome"] == "rolled back"
    assert answered_by(shop.production) == {"v1"}


def test_a_drill_that_is_killed_while_staging_is_ended_is_not_done_again(shop: Shop) -> None:
    flight = shop.start("drill", "code", "v2", "--speed", "900x", "--yes", "--json")
    staging = shop.state / "rehearsal"
    until(lambda: (staging / "flight.db").exists(), 60, "a state")
    with contextlib.closing(open_records(staging).state) as state:
        acts = Releases(state)
        until(lambda: any(each.kind == DOWN for each in acts.list()), 90, "the end of staging")
        flight.kill()
        begun = [each.id for each in acts.list()]
        assert acts.unfinished() is not None
        said = shop.flight("drill", "code", "v2", "--speed", "900x", "--yes", within=120)
        assert said.status == 0 and "Ending what runs on staging." in said.said, said
        assert [each.id for each in acts.list()] == begun
        assert acts.unfinished() is None
    assert not marked_under(str(staging / "commands"))


def test_a_rehearsal_that_was_cut_off_goes_on_by_the_plan_that_it_began_with(shop: Shop) -> None:
    flight = shop.start("rehearse", "v2", "--speed", "900x", "--yes", "--json")
    staging = shop.state / "rehearsal"
    until(lambda: (staging / "flight.db").exists(), 60, "a state")
    with contextlib.closing(open_records(staging).state) as state:
        acts = Releases(state)
        until(lambda: acts.unfinished() is not None, 60, "the first act")
        flight.kill()
        plan = shop.plan_file.read_text()
        shop.plan_file.write_text(plan.replace("canary", "first"))
        said = shop.flight("rehearse", "v2", "--speed", "900x", "--yes", within=150)
        assert "The plan has changed since this rehearsal began; the plan as it was then counts." in said.said, said
        assert {each.plan_text for each in acts.list()} == {plan}


def test_another_rehearsal_than_the_one_that_was_killed_is_refused(shop: Shop) -> None:
    flight = shop.start("rehearse", "v2", "--speed", "900x", "--yes", "--json")
    staging = shop.state / "rehearsal"
    until(lambda: (staging / "flight.db").exists(), 60, "a state")
    with contextlib.closing(open_records(staging).state) as state:
        until(lambda: Ledger(state, SystemClock()).of_kind("stage.started")[:-1], 60, "a stage")
    flight.kill()
    refused = shop.flight("rehearse", "v1", "--from", "v2")
    assert refused.status == 4
    assert "rehearsal, 900 times as fast of v2 has not ended on staging" in refused.said
    assert "go on with it: flight rehearse v2 --yes" in refused.said
    assert shop.flight("abort", "--state", str(staging), within=60).status == 0
    until(lambda: not marked_under(str(staging / "commands")), 10, "the end of the traffic")
    assert shop.flight("down", "--yes", "--reason", "enough", "--state", str(staging)).status == 0


def test_what_is_set_in_the_terminal_does_not_reach_staging(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_PRODUCTION", "hush-hush")
    shop.plan["gates"] = {"code": [{"check": "No key", "run": 'test -z "$KEY_OF_PRODUCTION"'}]}
    shop.agree_on(shop.plan)
    assert shop.flight("drill", "shutdown", "v2", "--speed", "900x", "--yes", within=120).status == 0


def test_a_version_that_there_is_not_is_refused_before_staging_is_touched(shop: Shop) -> None:
    refused = shop.flight("drill", "code", "v9", "--yes")
    assert refused.status == 2
    assert "v9" in refused.said
    same = shop.flight("drill", "code", "v1", "--yes")
    assert "v1 is what staging begins from, so there is nothing to release" in same.said
    assert not marked_under(str(shop.state / "rehearsal"))


def test_no_release_begins_where_rehearsals_lie(shop: Shop) -> None:
    drilled(shop, "code", "v2")
    refused = shop.flight("run", "v2", "--state", str(shop.state / "rehearsal"))
    assert refused.status == 4
    assert "is the state of rehearsals" in refused.said


def test_what_production_uses_is_refused_before_anything_starts(shop: Shop) -> None:
    (shop.folder / "staging.env").write_text(f"SHOP_PORT={port(shop.production)}\nPYTHON=python3\n")
    refused = shop.flight("rehearse", "v2")
    assert refused.status == 4
    assert "a rehearsal would touch production: service web listens on" in refused.said
    assert not (shop.state / "rehearsal").exists()


def test_a_database_of_production_under_another_name_is_refused_before_anything_starts(shop: Shop) -> None:
    for folder, file in (("data", ".env"), ("staging", "staging.env")):
        (shop.folder / folder).mkdir()
        with (shop.folder / file).open("a") as variables:
            variables.write(f"FOLDER={folder}\n")
    (shop.folder / "data" / "orders.db").touch()
    (shop.folder / "staging" / "orders.db").hardlink_to(shop.folder / "data" / "orders.db")
    shop.plan["databases"] = {"orders": {"kind": "sqlite", "path": "${FOLDER}/orders.db"}}
    shop.agree_on(shop.plan)
    refused = shop.flight("rehearse", "v2", "--yes")
    assert refused.status == 4
    assert "a rehearsal would touch production: database orders is the same in both" in refused.said
    assert not marked_under(str(shop.state / "rehearsal"))


def test_a_migration_that_staging_has_already_is_said_to_be_not_rehearsed(shop: Shop) -> None:
    (shop.folder / "tool.py").write_text(TOOL)
    (shop.folder / "versions" / "v2" / "notes.sql").touch()
    (shop.folder / "staging.db").touch()
    lines = {each: f"{sys.executable} {shop.folder}/tool.py {each}" for each in ("sql", "revision")}
    up = f"{sys.executable} {shop.folder}/tool.py up"
    shop.plan["databases"] = {"notes": {"kind": "sqlite", "path": "staging.db", "migrate": up, "undo": up, **lines}}
    text = yaml.safe_dump(shop.plan).replace("path: staging.db", "path: ${NOTES}")
    for file in (".env", "staging.env"):
        with (shop.folder / file).open("a") as variables:
            variables.write(f"NOTES={file.removeprefix('.').removesuffix('.env')}.db\n")
    shop.plan_file.write_text(text)
    first = drilled(shop, "code", "v2")
    assert "not rehearsed" not in first["says"]
    second = drilled(shop, "code", "v2")
    assert second["held"]
    assert second["says"].endswith(
        f"; not rehearsed was the migration of database notes to 2, in force on staging since {first['release']}: "
        "make that database of staging anew to rehearse it"
    )
    third = shop.flight("drill", "database", "v2", "--speed", "900x", "--yes", within=120)
    assert "Not rehearsed, unless made anew since, is the migration of database notes to 2, in force" in third.said
    assert "no database was migrated, so none was taken back: not rehearsed was the migration of database" in third.said
    (shop.folder / "staging.db").write_bytes(b"")
    assert "not rehearsed" not in drilled(shop, "code", "v2")["says"]
