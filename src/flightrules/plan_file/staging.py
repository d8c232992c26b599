"""Where a plan is rehearsed, read before the rest of it: the variables of the rest come from there."""

from __future__ import annotations

from pathlib import Path

from flightrules.domain.rehearsals import Staging
from flightrules.plan_file import source, values
from flightrules.plan_file.nodes import compose
from flightrules.plan_file.problems import START, Notes, PlanProblems
from flightrules.plan_file.rehearsal import read_staging
from flightrules.plan_file.values import Slot
from flightrules.plan_file.vocabulary import PLAN


def text_and_staging(path: Path) -> tuple[str, Staging | None]:
    """Return the text of the plan at `path`, and where it is rehearsed; None where it does not say.

    Raises `PlanProblems` for what is wrong up to there.
    """
    notes = Notes(str(path))
    text = source.read(path, notes)
    fields = values.fields(Slot("plan", compose(text, notes), notes, START), PLAN)
    if fields is None:
        raise PlanProblems(notes.problems)
    staging = fields.read("rehearsal", read_staging)
    notes.settle()
    return text, staging
