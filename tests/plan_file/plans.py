"""Plans that tests begin with."""

from pathlib import Path

from flightrules.domain.plan import Plan
from flightrules.plan_file import PlanProblems, load_text

ENVIRONMENT = {"TOKEN": "s3cret-value", "EMPTY": ""}

SERVICES = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, start: ./serve, health: {http: /health}}
    traffic: {kind: envoy, listen: '127.0.0.1:8080'}
"""

STAGES = """\
stages:
  - {stage: canary, traffic: 5%, hold: 1h, look: every 15s, pass: error_rate < 1%, fail: roll back}
  - {stage: full, traffic: 100%, hold: 1h, look: every 15s, pass: error_rate < 1%}
"""

SMALL = SERVICES + STAGES


def read(text: str, folder: Path = Path("/nowhere")) -> Plan:
    """The plan in `text`."""
    return load_text(text, "flight.yaml", folder, ENVIRONMENT)


def complaints(text: str, folder: Path = Path("/nowhere")) -> str:
    """All that is wrong with the plan in `text`."""
    try:
        read(text, folder)
    except PlanProblems as problems:
        return str(problems)
    raise AssertionError("this plan is a good one")
