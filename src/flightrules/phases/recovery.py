"""After a way back: what serves again is asked what the plan says, and is watched for a while.

The way back is over by then, with its time on record, and nothing here can take it further: there is nowhere to go.
What is found is on record and told to people. That nobody can look holds nothing up either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flightrules.domain import health, observations
from flightrules.domain.check_results import CheckResult
from flightrules.domain.checks import Check
from flightrules.domain.errors import Fenced, FlightError
from flightrules.domain.figures import duration
from flightrules.domain.observing import Observer, When
from flightrules.domain.recent import Recent
from flightrules.domain.rules import RulesJudge
from flightrules.domain.verdict import CANDIDATE, Finding, Observation, Verdict
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases import checks
from flightrules.phases.asking import PatientSource
from flightrules.phases.together import together
from flightrules.phases.waiting import until_then_or_asked
from flightrules.ports.metric_source import Question

EVERY = 15.0
"""Seconds between two looks at what serves again; a quarter of the whole time where that is less."""

MOST_LOOKS = 1000

VERIFY, MONITOR = "back/verify", "back/monitor"


async def see_to(run: Run) -> None:
    """Ask what serves again everything that was agreed, then watch it as long as was agreed; people are told."""
    run.overtime = None  # the way back is over
    serving = [service for service in run.services if service.stable is not None]
    if not serving:
        return
    wanted = tuple(_about(run.plan.verify_back, serving))
    if wanted:
        await run.step(VERIFY, lambda: _verify(run, wanted))
    if run.plan.monitored:
        await run.step(MONITOR, lambda: _monitor(run, serving))


def _about(wanted: Sequence[Check], serving: Sequence[ServiceRun]) -> Iterator[Check]:
    """Yield the checks that are about nothing in particular, or about a service that serves again."""
    names = {service.name for service in serving}
    yield from (check for check in wanted if not check.service or check.service in names)


async def _verify(run: Run, wanted: tuple[Check, ...]) -> dict[str, Any]:
    try:
        results = await checks.carry_out(run, VERIFY, wanted)
    except Fenced:
        raise
    except FlightError as failure:
        return await _tell(
            run, f"after the way back nobody could look whether all is well: {failure.what}", ["unknown"]
        )
    wrong = [result for result in results if result.blocks]
    if wrong:
        says = f"after the way back not everything is as agreed: {checks.in_words(wrong)}"
        return await _tell(run, says, [each.check for each in wrong])
    return await _tell(run, f"after the way back {_in_words(results)}", [])


def _in_words(results: Sequence[CheckResult]) -> str:
    """Return how many checks passed, and which did not that hold nothing up."""
    passed = sum(result.passed for result in results)
    excused = [result.check for result in results if not result.passed and result.verdict is not Verdict.INSUFFICIENT]
    by = f"by {passed} check{'' if passed == 1 else 's'}"
    if not excused:
        return f"all is as agreed, {by}"
    return f"all that is mandatory is as agreed, {by}; these are not so: {', '.join(excused)}"


async def _tell(run: Run, says: str, wrong: Sequence[str]) -> dict[str, Any]:
    run.record("recovery.verified", f"{VERIFY}/ended", says=says, wrong=wrong)
    await run.tell(says, urgent=bool(wrong), key=f"{VERIFY}/told")
    return {"wrong": list(wrong)}


async def _monitor(run: Run, serving: Sequence[ServiceRun]) -> dict[str, Any]:
    lasts = run.plan.monitored
    every = max(min(EVERY, lasts / 4), lasts / MOST_LOOKS)
    eyes = _Eyes(run, serving, every)
    first = await eyes.look()
    versions = ", ".join(dict.fromkeys(str(service.stable) for service in serving))
    says = f"after the way back {versions} is watched for {duration(lasts)}; `flight resume` ends it"
    look = observations.to_record(first)
    began = run.record("recovery.started", f"{MONITOR}/started", lasts=lasts, says=says, look=look)
    run.now(paused=False)  # a pause means nothing on a way back, and what is resumed from here on is this
    until, asked = began.at + lasts, f"{MONITOR}/resumed"
    while (now := run.clock.now()) < until and run.recorded(asked) is None:
        await until_then_or_asked(run, MONITOR, min(now + every, until))
        await eyes.look()
    looks = [observations.from_record(began.event.data["look"]), *eyes.looks]
    return await _tell_how_it_went(run, round(run.clock.now() - began.at, 3), looks)


async def _tell_how_it_went(run: Run, seconds: float, looks: Sequence[Observation]) -> dict[str, Any]:
    services = [health.of_service(name, looks, ()) for name in looks[-1].roles]
    doubts = [each.event.data for each in run.ledger.entries(release=run.id) if each.event.kind == "recovery.doubted"]
    rules = list(dict.fromkeys(str(doubt["rule"]) for doubt in doubts))
    said: dict[str, Any] = {"seconds": seconds, "services": services, "rules": rules}
    run.record("recovery.ended", f"{MONITOR}/ended", **said)
    await run.tell(health.recovery_words(said), urgent=bool(rules), key=f"{MONITOR}/told")
    return {"seconds": seconds, "rules": rules}


class _Eyes:
    """Looks at what serves again, which plays the part of a candidate here: the rules of the plan are about that."""

    def __init__(self, run: Run, serving: Sequence[ServiceRun], every: float) -> None:
        self._run, self._every = run, every
        self._versions = {each.name: {CANDIDATE: each.stable} for each in serving if each.stable is not None}
        self._sources = {
            (each.name, metric): PatientSource(source, run.clock)
            for each in serving
            for metric, source in each.sources.items()
        }
        self._observer = Observer(run.plan)
        self._recent = Recent(run.plan.window)
        self._judge = RulesJudge(run.plan)
        self.looks: list[Observation] = []

    async def look(self) -> Observation:
        """Look once, and tell people which rules came true; one that needs a baseline never does."""
        when = When(self._run.clock.now(), "", self._every)
        asked = list(self._sources)
        answers = await together(self._sources[key].ask(self._question(key[0]), self._every) for key in asked)
        seen = self._observer.observe(when, self._versions, dict(zip(asked, answers, strict=True)), self._recent)
        self._recent.add(seen)
        self.looks.append(seen)
        for finding in self._judge.asked(seen):
            await self._doubt(finding)
        return seen

    def _question(self, service: str) -> Question:
        return Question(service, self._versions[service])

    async def _doubt(self, finding: Finding) -> None:
        key = f"{MONITOR}/rules/{finding.rule_text}/{finding.service}"
        says = f"after the way back {finding.says}"
        self._run.record("recovery.doubted", key, rule=finding.rule_text, service=finding.service, says=says)
        await self._run.tell(f"{says}; there is no further way back", urgent=True, key=f"{key}/told")
