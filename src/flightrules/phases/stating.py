"""Metrics that people state, in a release: what was said is read from its record; who rehearses says the best."""

from __future__ import annotations

from flightrules.domain import stating
from flightrules.domain.people import Team
from flightrules.domain.rehearsals import Part
from flightrules.domain.stating import STATED
from flightrules.engine.run import Run
from flightrules.ledger.ledger import Ledger
from flightrules.ports.people import Said


class OnRecord:
    """What people said in the release with the id `release`, and who of `team` could."""

    def __init__(self, ledger: Ledger, release: str, team: Team | None) -> None:
        self._ledger, self._release, self._team = ledger, release, team

    def said(self, metric: str) -> Said | None:
        """Return what was said of `metric` last; None where nobody has said anything yet."""
        for entry in self._ledger.of_kind(STATED):
            if entry.event.release == self._release and entry.event.data.get("metric") == metric:
                return Said(entry.event.data.get("value"), entry.event.actor, entry.at)
        return None

    def who(self, role: str) -> str:
        """Return who has `role`, in words."""
        return stating.who(role, self._team)


def by_who_rehearses(run: Run) -> None:
    """Say the best of every metric that has a scale, once, where who rehearses answers for everybody."""
    rehearsing = run.plan.rehearsing
    if rehearsing is None or not rehearsing.answers or rehearsing.part is not Part.WHOLE:
        return
    for metric, value in stating.best(run.plan):
        said = {"metric": metric.name, "value": value, "unit": str(metric.unit), "scale": metric.scale}
        who = {"by": run.asked.by, "role": metric.role, "comment": "stated by who rehearses"}
        run.record(STATED, f"rehearsal/stated/{metric.name}", actor=run.asked.by, **said, **who)
