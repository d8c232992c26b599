"""The judge that compares candidate and stable, over all services and stages of one release.

It calls the release back as soon as the evidence of one service reaches its limit, has people told of a candidate
without requests, and has a say at the end of every hold. Pure: it knows nothing but the looks that it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from flightrules.domain import observations
from flightrules.domain.comparing import consent, wording
from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.comparing.counting import compared_in
from flightrules.domain.comparing.limit import absolute_limit
from flightrules.domain.comparing.service import ComparedService
from flightrules.domain.comparing.wording import Names
from flightrules.domain.endings import Ending, Waiting, stage_of
from flightrules.domain.plan import WATCH, Action, Do, Plan, Stage
from flightrules.domain.terms import Terms
from flightrules.domain.traffic import WHOLE, Share
from flightrules.domain.verdict import STABLE, Finding, Observation, Verdict

JUDGE = "comparison"
RULE = "compare"
"""Under this name of a rule the comparison acts: it is the section of the plan that agrees to it."""


class ComparisonJudge:
    """Judges by comparison, on `terms`.

    The plan's chance of a false alarm is for the whole release: it is divided evenly among the services that have a
    stable version. So whichever of them raises it, a healthy release is called back no more often than agreed.
    `compared` makes the comparison of one service.
    """

    def __init__(
        self, plan: Plan, terms: Terms, compared: Callable[[str, Agreed], ComparedService] = ComparedService
    ) -> None:
        self._compared = compared
        self._shares: Mapping[str, Share] = {stage.name: stage.share for stage in plan.stages}
        self._terms = terms
        self._limit = absolute_limit(plan, terms)
        self._services: dict[str, ComparedService] = {}
        self._silent: set[str] = set()
        """Services of which people were told that their candidate is silent."""
        self._last: Observation | None = None

    @property
    def name(self) -> str:
        """What the judge is called in the record."""
        return JUDGE

    @property
    def services(self) -> Mapping[str, ComparedService]:
        """Where the comparison of each service stands after the last look."""
        return self._services

    def to_record(self) -> dict[str, Any]:
        """Return where the comparison stands after the last look, as data that JSON can hold."""
        last = self._last and replace(self._last, readings=(), counters={})  # whose parts it has is all that matters
        return {
            "services": {name: service.to_record() for name, service in self._services.items()},
            "silent": sorted(self._silent),
            "last": last and observations.to_record(last),
        }

    def resume(self, record: Mapping[str, Any]) -> None:
        """Stand where `to_record` said."""
        self._services = self._begin(record["services"])
        for name, service in self._services.items():
            service.resume(record["services"][name])
        self._silent = set(record["silent"])
        self._last = record["last"] and observations.from_record(record["last"])

    def look(self, seen: Observation) -> tuple[Finding, ...]:
        """Return what the evidence asks for: nothing, most of the time."""
        self._last = seen
        if not self._services:
            self._services = self._begin([service for service, parts in seen.roles.items() if STABLE in parts])
        findings = []
        for name, service in self._services.items():
            service.look(seen, self._share(seen.stage))
            findings += [*self._against(name, service, seen), *self._silence(name, service, seen)]
        return tuple(findings)

    def at_the_end(self, stage: Stage, ending: Ending, beyond: float) -> Ending | Waiting:
        """Return what becomes of `ending`: a hold in which nothing was compared has the consent of this judge."""
        if self._last is None or stage.share.basis_points == 10_000:
            return ending
        names = [name for name in compared_in(self._last) if name in self._services]
        compared = [(self._services[name], Names.of_look(name, self._last)) for name in names]
        return consent.given(ending, compared, self._terms.underpowered, beyond)

    def _begin(self, with_stable: Collection[str]) -> dict[str, ComparedService]:
        agreed = Agreed(self._terms, self._limit, self._terms.false_alarm / max(1, len(with_stable)))
        return {service: self._compared(service, agreed) for service in with_stable}

    def _share(self, visit: str) -> Share:
        if visit == WATCH:
            return Share(WHOLE)
        return self._shares.get(stage_of(visit), Share(0))

    def _against(self, name: str, service: ComparedService, seen: Observation) -> list[Finding]:
        if service.comparison is None or service.comparison.against is None:
            return []
        says = wording.against(service, Names.of_look(name, seen))
        lasted = seen.at - service.calm_at
        return [Finding(JUDGE, Verdict.FAIL, says, Action(Do.ROLL_BACK), RULE, name, lasted)]

    def _silence(self, name: str, service: ComparedService, seen: Observation) -> list[Finding]:
        """Return what people are told once as a candidate falls silent."""
        if not service.silence.counts:
            self._silent.discard(name)
            return []
        if name in self._silent:
            return []
        self._silent.add(name)
        says = wording.silent(service.silence, Names.of_look(name, seen))
        return [Finding(JUDGE, Verdict.INSUFFICIENT, says, Action(Do.PAGE), RULE, name, service.silence.seconds)]
