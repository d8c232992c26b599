"""`--json` everywhere: every command takes it, and prints one JSON object on standard output, also when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flightrules.cli.main import app
from tests.docs import product
from tests.written import PLAN, Written

NEEDS = {
    "demo": ("--stop", "nowhere"), "judge": ("nowhere.json",), "data-diff": ("old",), "backups prove": ("BACKUP",),
    "restore": ("BACKUP", "--into", "old"), "sign": ("Policy updated",),
    "catalogue": ("nowhere",), "drill": ("code",), "severity": ("P2",), "measure": ("joy", "4"),
}  # fmt: skip
"""What has to be said with a command so that it does not start servers, or is not refused for what is missing."""


@pytest.mark.parametrize("command", sorted(product.commands()))
def test_every_command_takes_json(command: str) -> None:
    assert "--json" in product.options(product.commands()[command])


def told(folder: Path, *words: str) -> Any:
    at = {"FLIGHT_PLAN": str(folder / "flight.yaml"), "FLIGHT_STATE": str(folder / ".flight")}
    printed = CliRunner().invoke(app, [*words, "--json"], env=at)
    said = json.loads(printed.stdout)
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize("command", sorted(set(product.commands()) - {"init", "schema"}))
def test_a_command_that_fails_says_so_in_one_object(tmp_path: Path, command: str) -> None:
    said = told(tmp_path, *command.split(), *NEEDS.get(command, ()))
    assert said["error"]["what"]
    assert said["exit_status"] in (2, 4)


def test_the_schema_is_the_object(tmp_path: Path) -> None:
    assert told(tmp_path, "schema")["type"] == "object"


def test_init_says_what_it_wrote_and_what_to_type_next(tmp_path: Path) -> None:
    said = told(tmp_path, "init", "--yes")
    expected = {"written": str(tmp_path / "flight.yaml"), "next": ["flight check", "flight run v1"]}
    assert said == {**expected, "warnings": [], "exit_status": 0}
    assert told(tmp_path, "init", "--yes")["error"]["kind"] == "BadInput"


def test_the_entries_of_the_ledger_are_one_object(written: Written, tmp_path: Path) -> None:
    entries = told(tmp_path, "ledger", "export")["entries"]
    assert [each["type"] for each in entries] == ["dev.flightrules.release.started"]


def test_a_report_into_a_file_is_written_with_json_too(written: Written, tmp_path: Path) -> None:
    said = told(tmp_path, "report", "--markdown", str(tmp_path / "report.md"))
    assert said["written"] == [str(tmp_path / "report.md")]
    assert (tmp_path / "report.md").read_text().startswith("# shop")


def test_a_plan_without_mistakes_is_an_object(tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN)
    assert told(tmp_path, "check")["problems"] == []
