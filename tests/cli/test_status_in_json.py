"""With `--json` the exit status stands in the object; and the releases that there are can be listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flightrules.cli.main import app
from flightrules.state.releases import RELEASE, Release
from tests.written import PLAN, Written


def flight(folder: Path, *words: str) -> Result:
    at = {"FLIGHT_PLAN": str(folder / "flight.yaml"), "FLIGHT_STATE": str(folder / ".flight")}
    return CliRunner().invoke(app, [*words], env=at)


@pytest.mark.parametrize(
    "command",
    ["status", "status --all", "report", "check", "ledger verify", "ledger show", "ledger export", "watch"],
)
def test_the_exit_status_stands_in_the_object(written: Written, tmp_path: Path, command: str) -> None:
    written.started().ended("released")
    done = flight(tmp_path, *command.split(), "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["exit_status"] == done.exit_code == 0


def test_init_says_its_status_too(tmp_path: Path) -> None:
    assert json.loads(flight(tmp_path, "init", "--yes", "--json").stdout)["exit_status"] == 0


def test_every_release_is_listed_with_its_id_the_newest_first(written: Written, tmp_path: Path) -> None:
    written.ended("rolled back")
    written.records.releases.finish(written.release.id, "rolled back")
    written.records.releases.create(
        Release("2026-11-21-150000-v3", RELEASE, "shop", PLAN, "", "anna", {"services": {}})
    )
    lines = flight(tmp_path, "status", "--all").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["2026-11-21-150000-v3", "2026-11-21-143207-v2"]
    assert lines[0].endswith("  not ended")
    assert "  rolled back after " in lines[1]


def test_whoever_names_a_release_that_there_is_not_is_told_what_lists_them(written: Written, tmp_path: Path) -> None:
    refused = flight(tmp_path, "report", "r9")
    assert refused.stderr == "there is no release r9\n    `flight status --all` lists those that there are.\n"
