"""The plan of every example has no mistake, with the variables that the example brings along."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

EXAMPLES = Path(__file__).parents[2] / "examples"
PLANS = sorted(EXAMPLES.glob("*/flight*.yaml"))
OF_THE_SHOP = {"SHOP_DATABASE": "postgresql://shop@127.0.0.1/shop", "SHOP_OWNER": "postgresql://127.0.0.1/shop"}
"""What `make demo-postgres` sets."""


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan.parent.name}/{plan.name}")
def test_the_plan_of_every_example_passes_flight_check(plan: Path, tmp_path: Path) -> None:
    variables = {**OF_THE_SHOP, **dotenv_values(plan.parent / "staging.env")}
    checked = subprocess.run(
        [sys.executable, "-m", "flightrules.cli.main", "check", "--json", "--plan", str(plan)],
        cwd=tmp_path, env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["exit_status"] == 0
