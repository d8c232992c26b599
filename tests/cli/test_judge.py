"""`flight judge`: traces computed again, as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flightrules.cli.main import app

CASE = {
    "test": "absolute", "name": "a bad one",
    "parameters": {"p_max": 0.05, "late_mass": 0.25, "horizon_ticks": 720},
    "candidate_requests": [100, 100], "candidate_bad": [50, 0],
}  # fmt: skip
E_AFTER = [79.00, 41.81]


def flight_judge(folder: Path, content: object, *options: str) -> Result:
    file = folder / "vectors.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return CliRunner().invoke(app, ["judge", str(file), *options])


def test_every_log_e_is_printed_as_json(tmp_path: Path) -> None:
    told = json.loads(flight_judge(tmp_path, {"cases": [CASE]}, "--json").stdout)
    (case,) = told["cases"]
    assert (case["test"], case["name"]) == ("absolute", "a bad one")
    assert case["log_e"] == pytest.approx(E_AFTER, abs=0.01)


def test_a_file_without_a_case_is_not_as_expected(tmp_path: Path) -> None:
    told = flight_judge(tmp_path, {"cases": []})
    assert told.exit_code == 2
    assert told.stderr == (
        f"{tmp_path}/vectors.json: there is no case in it, so nothing was computed\n    write one into `cases`\n"
    )


def test_without_json_a_table_says_how_far_off_the_file_is(tmp_path: Path) -> None:
    shown = flight_judge(tmp_path, {"cases": [CASE, {**CASE, "name": "expected", "log_e": E_AFTER}]})
    lines = shown.stdout.splitlines()
    assert lines[0] == "test      case        looks   last log E   largest  differs by at most"
    assert lines[1] == "absolute  a bad one       2       41.811    79.000"
    assert lines[2].startswith("absolute  expected        2       41.811    79.000  ")
    assert lines[2].endswith("  NOT as expected") and shown.exit_code == 1


def test_a_log_e_that_is_as_expected_within_the_tolerance_ends_with_0(tmp_path: Path) -> None:
    expected = {"cases": [{**CASE, "log_e": E_AFTER}]}
    shown = flight_judge(tmp_path, expected, "--tolerance", "0.01")
    assert (shown.exit_code, "NOT" in shown.stdout) == (0, False)
    told = flight_judge(tmp_path, expected, "--json")
    assert (told.exit_code, json.loads(told.stdout)["exit_status"]) == (1, 1)
    assert json.loads(told.stdout)["cases"][0]["as_expected"] is False


def test_latencies_may_differ_by_what_their_projection_leaves_open(tmp_path: Path) -> None:
    latency = {
        "test": "latency", "name": "slow", "candidate_histogram": [[8, 2]], "stable_histogram": [[90, 10]],
        "parameters": {"tolerance": 0.03, "min_candidate_requests": 8, "late_mass": 0.25, "horizon_ticks": 720},
        "baseline_shares": [0.9, 0.1], "alternatives": [[0.8, 0.2]],
    }  # fmt: skip
    (told,) = json.loads(flight_judge(tmp_path, {"cases": [latency]}, "--json").stdout)["cases"]
    nearly = {"cases": [{**latency, "log_e": [told["log_e"][0] + 5e-5]}]}
    assert flight_judge(tmp_path, nearly).exit_code == 0
    assert flight_judge(tmp_path, nearly, "--tolerance", "1e-6").exit_code == 1


def test_brackets_without_end_are_no_json(tmp_path: Path) -> None:
    refused = flight_judge(tmp_path, "[" * 100_000)
    assert (refused.exit_code, "is not JSON" in refused.stderr) == (2, True)


def test_a_mistake_names_the_file_and_what_to_do(tmp_path: Path) -> None:
    refused = flight_judge(tmp_path, {"cases": [{"test": "absolute"}]})
    what = f"{tmp_path / 'vectors.json'}: case 1: candidate_requests is missing"
    assert (refused.exit_code, refused.stderr) == (2, f"{what}\n    `flight judge --help` has the format\n")


@pytest.mark.parametrize(
    "content, says",
    [
        pytest.param("{", "vectors.json is not JSON: ", id="no JSON"),
        pytest.param({"cases": [{**CASE, "candidate_bad": [-1, 0]}]},
                     "case 1 (a bad one), look 1: candidate: bad is -1, which is not a whole number of at least 0",
                     id="counts that cannot be"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_judged_ends_with_2_and_the_reason(tmp_path: Path, content: object, says: str) -> None:
    refused = flight_judge(tmp_path, content)
    assert refused.exit_code == 2
    assert says in refused.stderr


def test_a_file_that_is_not_there_ends_with_2_and_the_reason(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["judge", str(tmp_path / "none.json")])
    assert (refused.exit_code, refused.stderr) == (
        2, f"{tmp_path / 'none.json'} cannot be read: no such file or directory\n    name a file of traces\n"
    )  # fmt: skip


def test_the_statistics_are_loaded_by_the_commands_that_need_them_alone() -> None:
    import subprocess
    import sys

    asked = "import sys, flightrules.cli.main, flightrules.domain; print('numpy' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert loaded.stdout == "False\n"
