"""`flight check` says what each hold will be able to see."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flightrules.cli.foreseen import LATENCY_UNKNOWN, Foreseen, foreseen, lines
from flightrules.cli.places import Place
from flightrules.cli.plan_summary import MARGIN, summary
from flightrules.domain.comparing.foresight import Foresight, Usual
from flightrules.domain.verdict import Histogram
from flightrules.plan_file import load
from tests.plan_file.plans import SMALL

PLAN = SMALL + "rules: [{if: error_rate > 10%, then: roll back}]\n"


def said(folder: Path, requests_per_second: float | None, text: str = PLAN) -> list[str]:
    file = folder / "flight.yaml"
    file.write_text(text)
    return list(lines(foreseen(load(file, {}), Place.of(file, None), requests_per_second)))


def test_each_stage_says_the_smallest_regression_that_its_hold_detects(tmp_path: Path) -> None:
    assert said(tmp_path, 50.0) == [
        "web at 50/s, of which 0.1% fail (supposed)",
        "  canary: 9,000 requests, detects errors from 0.35%",
        "  full: 180,000 requests (nothing to compare with), detects errors from 1.2%",
        f"  {LATENCY_UNKNOWN}",
    ]


def test_a_stage_that_can_detect_nothing_is_warned_of(tmp_path: Path) -> None:
    assert said(tmp_path, 0.02)[1] == (
        "  canary: warning: this hold sees 3 requests, too few to detect even a candidate that fails all of them"
    )


def test_where_nothing_is_compared_or_known_nothing_is_foreseen(tmp_path: Path) -> None:
    assert said(tmp_path, None) == []
    assert said(tmp_path, 50.0, SMALL + "compare: {off: v2 answers other requests}\n") == []


def databases(folder: Path, agreed: str) -> list[str]:
    """The section about databases of a plan with one, which agrees on `agreed` about it."""
    file = folder / "flight.yaml"
    lines = "migrate: alembic upgrade head, undo: alembic downgrade $previous_revision"
    file.write_text(PLAN + f"databases: {{main: {{kind: sqlite, path: shop.db, {lines}{agreed}}}}}\n")
    page = list(summary(load(file, {})))
    start = next(number for number, line in enumerate(page) if line.startswith("  databases"))
    return [line[MARGIN + 2 :] for line in page[start : next(i for i, x in enumerate(page) if "stages" in x)]]


def test_the_page_says_of_each_class_of_migrations_whether_it_goes_by_itself_and_how_it_goes_back(
    tmp_path: Path,
) -> None:
    assert databases(tmp_path, "") == [
        "main",
        "  sqlite: migrate alembic upgrade head, undo alembic downgrade $previous_revision, path shop.db",
        "  a backup before each migration, proven by a restore",
        "  expand-only  goes by itself                 on a way back it stays",
        "  reversible   goes by itself                 on a way back it is undone while stable serves",
        "  unknown      waits until somebody approves  "
        "on a way back writes stop, and the backup is restored once somebody approves",
        "  destructive  waits until somebody approves  "
        "on a way back writes stop, and the backup is restored once somebody approves",
    ]


def test_the_page_says_what_else_was_agreed_about_a_database(tmp_path: Path) -> None:
    said = databases(
        tmp_path, ", ask: dba, rehearse: copy, rows: may not fall, export: {orders: number}, "
        "backup: {prove: none}, checks: [{check: no debts, no_rows: select 1 from orders where sum < 0}]",
    )  # fmt: skip
    assert said[2] == "  a backup before each migration, not proven; rehearsed on a copy"
    assert said[-4].endswith(
        "waits until dba approves  on a way back writes stop, and the backup is restored once dba approves"
    )
    assert said[-3:] == [
        "  what a restore takes away is exported: orders by number",
        "  a migration that leaves a table with fewer rows has failed",
        "  no debts: no row of select 1 from orders where sum < 0",
    ]


def test_the_page_says_where_the_plan_is_rehearsed_and_what_is_owed_after_it(tmp_path: Path) -> None:
    more = "rehearsal: {environment: staging.env, load: ./users.sh, bounds: {code: 5m}}\nafterwards: {report: 24h}\n"
    (tmp_path / "flight.yaml").write_text(PLAN + more)
    page = "\n".join(summary(load(tmp_path / "flight.yaml", {}))) + "\n"
    assert "  rehearsal   with the variables of staging.env\n" in page
    assert "traffic by ./users.sh" in page
    assert "code within 5m, database within 15m, service within 15m, shutdown within 1m" in page
    assert "  afterwards  the report within 1d\n" in page


def test_numpy_is_not_loaded_for_a_plan_of_which_no_traffic_is_known(tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN)
    call = "try: main()\nexcept SystemExit: pass\n"
    code = f"import sys; from flightrules.cli.main import main\n{call}sys.exit('numpy' in sys.modules)"
    arguments = [sys.executable, "-c", code, "check", "--plan", str(tmp_path / "flight.yaml")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, "--requests-per-second N says what each hold can see" in done.stdout) == (0, True)


def test_a_state_that_cannot_be_read_does_not_stand_in_the_way_of_the_plan(tmp_path: Path) -> None:
    (tmp_path / ".flight").mkdir(mode=0o700)
    (tmp_path / ".flight" / "flight.db").write_text("no database")
    assert said(tmp_path, 50.0)[0] == "web at 50/s, of which 0.1% fail (supposed)"


def test_as_json_rates_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN)
    command = [sys.executable, "-m", "flightrules.cli.main", "check", "--json", "--requests-per-second", "50"]
    environment = {**os.environ, "FLIGHT_PLAN": str(tmp_path / "flight.yaml")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    [web] = json.loads(done.stdout)["foreseen"]
    assert (web["service"], web["requests_per_second"], web["source"]) == ("web", 50.0, "supposed")
    assert [stage["requests"] for stage in web["stages"]] == [9000, 180_000]


def test_a_hold_that_ends_before_its_pass_has_enough_requests_is_warned_of(tmp_path: Path) -> None:
    assert said(tmp_path, 15 / 180)[2:4] == [
        "  full: 300 requests (nothing to compare with), detects errors from 10%",
        "  canary: warning: this hold sees 15 requests, its `pass` needs 20 (`enough`): it goes on holding until they"
        " are there; hold longer, or with a larger share",
    ]


def test_it_is_warned_of_also_where_nothing_is_compared_and_not_where_other_metrics_decide(tmp_path: Path) -> None:
    alone = PLAN + "compare: {off: v2 answers other requests}\n"
    assert said(tmp_path, 15 / 180, alone)[1].startswith("  canary: warning: this hold sees 15 requests")
    assert said(tmp_path, 15 / 180, alone.replace("pass: error_rate < 1%", "pass: request_rate > 0/s")) == []


def test_where_no_latency_was_measured_it_says_why_none_is_spoken_of_and_when_it_will_be(tmp_path: Path) -> None:
    timed = replace(KNOWN, latency=Histogram((0.1, 0.2, 0.4, math.inf), (300, 100, 20, 0)))
    assert list(lines((Foreseen("web", KNOWN, "supposed", (SEES,), {}, 20),)))[-1] == (
        "  latency: not known before a release has measured it;"
        " then this says from which slowdown on a hold detects one"
    )
    assert not any("latency" in line for line in lines((Foreseen("web", timed, "measured", (SEES,), {}, 20),)))


KNOWN = Usual(50.0, 0.001)
SEES = Foresight("canary", 9000, True, True, 0.0035, None, None)


IDENTITY = "identity: key.txt"
RECIPIENT = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw"


@pytest.mark.parametrize(
    ("agreed", "warnings"),
    [
        ("", []),
        (
            ", back: {expand-only: undo, destructive: stay}",
            [
                "`back: {expand-only: undo}`: after a migration that is expand-only, what it added is removed with all "
                "that was written into it, and stable would not have seen it",
                "`back: {destructive: stay}`: after a migration that is destructive, stable goes on without what the "
                "migration removed, and nothing brings that back but a restore by hand",
            ],
        ),
        (
            ", back: {reversible: stay, unknown: stay, destructive: undo}",
            [
                "`back: {reversible: stay}`: after a migration that is reversible, stable goes on with a database on "
                "which it may stumble",
                "`back: {unknown: stay}`: after a migration that is unknown, stable goes on with a database of which "
                "nobody knows whether it works with it",
                "`back: {destructive: undo}`: after a migration that is destructive, an undo makes tables and columns "
                "again, without the rows and values that were in them",
            ],
        ),
        (
            ", back: {expand-only: restore}",
            [
                "`back: {expand-only: restore}`: after a migration that is expand-only, writes stop, and what was "
                "written since is taken away, for a migration that stable would not have seen",
            ],
        ),
        (
            f", backup: {{recipients: [{RECIPIENT}]}}",
            [
                "backups are encrypted, and without `backup.identity` a way back cannot open them here: after a "
                "migration that is unknown or destructive the database stays as it is",
            ],
        ),
        (f", backup: {{recipients: [{RECIPIENT}], {IDENTITY}}}", []),
    ],
)
def test_an_odd_way_back_of_a_database_is_warned_of_with_what_it_means(
    tmp_path: Path, agreed: str, warnings: list[str]
) -> None:
    said = [line.strip().removeprefix("warning: ") for line in databases(tmp_path, agreed) if "warning: " in line]
    assert said == warnings
    asked = [sys.executable, "-m", "flightrules.cli.main", "check", "--json", "--plan", "flight.yaml"]
    ended = subprocess.run(asked, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert json.loads(ended.stdout)["warnings"] == [{"database": "main", "what": what} for what in warnings]
