"""`flight simulate` as it is typed: what it prints, its JSON, its exit statuses; and that it touches nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flightrules.cli.main import app
from tests.simulation.flights import HEAD, RULES, STAGES
from tests.written import Written

Flight = Callable[..., Result]
COUNTS = "time,version,requests,bad\n" + "".join(
    f"{at},candidate,50,{10 if at > 300 else 0}\n{at},stable,950,1\n" for at in range(15, 3000, 15)
)


@pytest.fixture
def flight(tmp_path: Path) -> Flight:
    (tmp_path / "flight.yaml").write_text(HEAD + STAGES + RULES)

    def call(*words: str) -> Result:
        at = {"FLIGHT_PLAN": str(tmp_path / "flight.yaml"), "FLIGHT_STATE": str(tmp_path / ".flight"), "COLUMNS": "110"}
        return CliRunner().invoke(app, ["simulate", *words], env=at)

    return call


def contents(folder: Path) -> dict[str, str]:
    """What lies there, but for the index that SQLite shares among those who read: it is no part of what is kept."""
    kept = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".db-shm")
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in kept}


def test_what_would_be_decided_is_said_in_words_and_in_the_exit_status(flight: Flight) -> None:
    result = flight("--scenario", "error_rate of candidate 30% from stage graduated + 5m")
    assert result.exit_code == 1
    assert "ROLLED BACK" in result.stdout
    assert "by error_rate > 10% for 1m: roll back" in result.stdout
    assert "1m 15s after it began to go wrong" in result.stdout


def test_a_plan_that_nothing_stops_ends_with_0(flight: Flight) -> None:
    result = flight("--scenario", "healthy")
    assert (result.exit_code, "RELEASED" in result.stdout) == (0, True)


def test_a_release_that_waits_for_a_person_ends_with_3(flight: Flight) -> None:
    result = flight("--scenario", "traffic drops to 0%", "--patience", "1m")
    assert (result.exit_code, "WAITS FOR A PERSON" in result.stdout) == (3, True)


def test_a_mistake_in_a_scenario_has_its_column(flight: Flight) -> None:
    result = flight("--scenario", "error_rate of candidat 3%")
    assert (result.exit_code, result.stderr) == (
        2,
        "--scenario, column 15: `candidat` is not a version; the versions are `candidate`, `stable` and `both`\n"
        "    did you mean `candidate`?\n",
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--base-error-rate", "3"),
            "--base-error-rate, column 1: `3` is not a percentage\n    write for example `1%`\n",
        ),
        (("--base-latency", "0s"), "--base-latency: no request takes 0s\n    write for example `100ms`\n"),
        (("--requests-per-second", "0"), "--requests-per-second 0 is no traffic\n    write for example 100\n"),
        (("--way-back", "soon"), "--way-back, column 1: `soon` does not fit into this duration\n"),
        (("--counts", "c.csv"), "--scenario and --counts do not go together\n    name one place where the readings"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(flight: Flight, words: tuple[str, ...], says: str) -> None:
    result = flight("--scenario", "healthy", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(says)


def test_the_whole_run_is_one_object(flight: Flight) -> None:
    said: Any = json.loads(flight("--scenario", "error_rate of candidate 30% from stage full", "--json").stdout)
    assert (said["end"], said["stage"], said["exit_status"]) == ("rolled back", "full", 1)
    assert [visit["verdict"] for visit in said["visits"]] == ["pass", "pass", "insufficient"]


def test_many_runs_are_summed_up_and_end_with_0(flight: Flight) -> None:
    said: Any = json.loads(flight("--scenario", "error_rate of candidate 30%", "--runs", "3", "--json").stdout)
    assert (said["runs"], said["ends"], said["exit_status"]) == (3, {"rolled back": 3}, 0)
    assert said["detected"]["median"] == 75.0


def test_many_runs_are_drawn_as_a_spread(flight: Flight) -> None:
    printed = flight("--scenario", "error_rate of candidate 30%", "--runs", "3").stdout
    assert "100%" in printed
    assert "called back by error_rate > 10% for 1m: roll back: 3" in printed


def test_counts_of_a_file_are_flown(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(COUNTS)
    result = flight("--counts", str(tmp_path / "counts.csv"))
    assert result.exit_code == 1
    assert "by error_rate > 10% for 1m: roll back" in result.stdout


def test_counts_that_cannot_be_true_are_refused_with_their_line(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(COUNTS.replace("50,0", "50,51", 1))
    result = flight("--counts", str(tmp_path / "counts.csv"))
    assert result.exit_code == 2
    assert "counts.csv:2: 51 of 50 requests are bad, which cannot be" in result.stderr


def test_a_variable_without_a_value_is_no_obstacle(flight: Flight, tmp_path: Path) -> None:
    secret = HEAD.replace("start: x", 'start: "x --token ${TOKEN_THAT_IS_NOT_SET}"')
    (tmp_path / "flight.yaml").write_text(secret + STAGES + RULES)
    assert flight("--scenario", "healthy").exit_code == 0


def test_without_readings_the_state_is_asked_and_there_is_none(flight: Flight, tmp_path: Path) -> None:
    result = flight()
    assert (result.exit_code, result.stderr) == (
        4,
        f"there is no state in {tmp_path / '.flight'}: nothing was released from here yet\n"
        "    describe what happens instead: flight simulate --scenario TEXT\n",
    )
    assert not (tmp_path / ".flight").exists()


def test_an_earlier_release_is_flown_and_nothing_in_its_state_is_touched(
    flight: Flight, written: Written, tmp_path: Path
) -> None:
    for _ in range(5):
        written.look("stages/1-canary", {"error_rate": (0.1, 0.1)})
    before = contents(tmp_path)
    result = flight()
    assert result.exit_code == 3
    assert "the readings end 4s after they begin" in result.stdout
    assert contents(tmp_path) == before


def test_a_state_that_nobody_has_open_is_not_touched_either(flight: Flight, written: Written, tmp_path: Path) -> None:
    for _ in range(5):
        written.look("stages/1-canary", {"error_rate": (0.1, 0.1)})
    written.records.lease.release()
    written.records.state.close()
    before = contents(tmp_path)
    assert flight().exit_code == 3
    assert contents(tmp_path) == before


def test_a_release_that_is_not_there_is_said(flight: Flight, written: Written) -> None:
    result = flight("nothing-like-it")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (4, "there is no release nothing-like-it")
