"""Keeping what the comparison made of every look: for charts, for the live view, for the record.

It decides nothing. What it writes follows from the looks, so after a crash only what is missing is written again.
"""

from __future__ import annotations

from typing import Any

from flightrules.domain.comparing.service import ComparedService
from flightrules.domain.judging import Judging
from flightrules.domain.verdict import Observation
from flightrules.engine.run import Run
from flightrules.state.increments import Increment


class Weighing:
    """Writes down what the comparison of `judging` says after each look; nothing where there is none."""

    def __init__(self, run: Run, judging: Judging) -> None:
        self._run = run
        self._judging = judging
        self._written = run.kept.increments.last_look(run.id) if judging.comparison else 0
        self._begun: set[str] = set()

    def keep(self, number: int, look: Observation) -> None:
        """Write down the look with this number, which the judge was shown last."""
        comparison = self._judging.comparison
        services = comparison.services if comparison else {}
        for name, service in services.items():
            self._note_the_beginning(name, service)
        if number > self._written:
            rows = [_row(number, look, name, service) for name, service in services.items()]
            self._run.kept.increments.add(self._run.id, [row for row in rows if row is not None])

    def _note_the_beginning(self, name: str, service: ComparedService) -> None:
        """Put on record, once, what the comparison of a service begins with."""
        if service.comparison is None or service.clusters is None or name in self._begun:
            return
        self._begun.add(name)
        absolute, clusters = service.comparison.absolute, service.clusters
        self._run.record(
            "comparison.started",
            f"comparison/{name}/started",
            service=name,
            limit=round(service.comparison.settings.limit, 6),
            absolute_limit=absolute.settings.p_max if absolute else None,
            overdispersion=clusters.phi,
            estimated=clusters.estimate is not None,
            stable_requests=service.alone.requests,
            stable_bad=service.alone.bad,
        )


def _row(number: int, look: Observation, name: str, service: ComparedService) -> Increment | None:
    between = service.between
    if between is None:
        return None
    candidate, stable = between.candidate, between.stable
    return Increment(
        number, name, look.at, look.stage, candidate.requests, candidate.bad, stable.requests, stable.bad,
        _evidence(service),
    )  # fmt: skip


def _evidence(service: ComparedService) -> dict[str, Any]:
    """Return what is known after the look, JSON-ready; nothing before the candidate had a request."""
    comparison, certification = service.comparison, service.certification
    if comparison is None or certification is None or service.clusters is None:
        return {}
    return {
        "log_e": comparison.log_e,
        "limit": comparison.settings.limit,
        "parts": {str(concern): part for concern, part in comparison.parts().items()},
        "overdispersion": service.clusters.phi,
        "estimated": service.clusters.estimate is not None,
        "certified": certification.certified,
        "needed": certification.still_needed(),
    }
