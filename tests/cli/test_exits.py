"""Exit statuses: what scripts rely on, and that the page about them says the same."""

import re
from pathlib import Path

import pytest

from flightrules.cli import exits
from flightrules.cli.exits import Exit
from flightrules.cli.failures import BadInput, status_of
from flightrules.domain import errors
from flightrules.domain.outcome import Outcome
from flightrules.plan_file import PlanProblems

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "exit-statuses.md"


def test_the_page_lists_every_status_with_its_name() -> None:
    listed = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert [(int(number), name) for number, name in listed] == [(int(each), each.name) for each in Exit]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.RELEASED, 0),
        (Outcome.OPENED, 0),
        (Outcome.ROLLED_BACK, 1),
        (Outcome.CLOSED, 5),
        (Outcome.DOWN, 5),
        (Outcome.NOT_STARTED, 6),
    ],
)
def test_a_run_ends_as_its_release_does(outcome: Outcome, status: int) -> None:
    assert exits.of(outcome) == status


@pytest.mark.parametrize(
    ("outcome", "status"), [(Outcome.ROLLED_BACK, 0), (Outcome.NOT_STARTED, 0), (Outcome.RELEASED, 4)]
)
def test_calling_back_succeeds_unless_the_release_got_through(outcome: Outcome, status: int) -> None:
    assert exits.of(outcome, (Outcome.ROLLED_BACK, Outcome.NOT_STARTED)) == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PlanProblems([]), 2),
        (errors.UnknownVersion("there is no v9"), 2),
        (errors.NotSupportedYet("browser checks"), 2),
        (BadInput("no"), 2),
        (errors.Fenced("another took over"), 3),
        (errors.StateBusy("pid 1"), 4),
        (errors.StateUnusable("damaged"), 4),
        (errors.FlightError("v2 is in service already"), 4),
    ],
)
def test_an_error_ends_with_the_status_of_its_kind(error: errors.FlightError, status: int) -> None:
    assert status_of(error) == status
