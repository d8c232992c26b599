"""`flight check` says what each hold will be able to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from flightrules.cli.foreseen import foreseen, lines
from flightrules.cli.places import Place
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
    ]


def test_a_stage_that_can_detect_nothing_is_warned_of(tmp_path: Path) -> None:
    assert said(tmp_path, 0.02)[1] == (
        "  canary: warning: this hold sees 3 requests, too few to detect even a candidate that fails all of them"
    )


def test_where_nothing_is_compared_or_known_nothing_is_foreseen(tmp_path: Path) -> None:
    assert said(tmp_path, None) == []
    assert said(tmp_path, 50.0, SMALL + "compare: {off: v2 answers other requests}\n") == []


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
