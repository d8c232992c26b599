"""External services of a release: asked at every look, their state on record, and told beside what rules find.

Each is a check that is asked again and again. That it does not answer is a measurement, and no gap: it is then 0 %
available. Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flightrules.domain import externals
from flightrules.domain.check_results import judged
from flightrules.domain.checks import Check
from flightrules.domain.endings import Ending, Waiting
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.verdict import ALL, Finding, Gauge, Observation, Sample, Verdict
from flightrules.engine.run import Run
from flightrules.ports.metric_source import MetricSource, Question

DOWN, UP = "external.down", "external.up"


class ExternalSource:
    """The availability of one external service, asked at most `every` so many seconds; between, nothing is new."""

    def __init__(self, run: Run, check: Check, every: float) -> None:
        self._run, self._check, self._every = run, check, every
        self._last: tuple[float, Sample] | None = None
        self.within = check.within + 1.0
        """The check keeps its own time."""
        self.says = ""
        """What it answered last, in words."""

    async def read(self, question: Question) -> Sample:
        """Return 100 where it answered as expected, 0 where not. Raises `SourceUnreachable` where nobody knows."""
        now = self._run.clock.monotonic()
        if self._last is None or now - self._last[0] >= self._every:
            self._last = now, await self._asked()
        return self._last[1]

    async def _asked(self) -> Sample:
        found = await self._run.means.inspection(self._check, f"{self._run.id}/external/{self._check.name}").look()
        # It may be nobody's fault who is asked: an answer that did not come is what is to be known here.
        verdict, wrong = judged(self._check.expects, found.values) if found.verdict is None else (Verdict.FAIL, ())
        if verdict is Verdict.UNREACHABLE:
            raise SourceUnreachable("; ".join(wrong))
        hidden = self._run.ledger.presentable({"says": "; ".join((*wrong, found.says))})
        self.says = str(hidden["says"])
        return {ALL: Gauge(externals.AVAILABLE if verdict is Verdict.PASS else externals.DOWN)}


def sources(run: Run) -> Mapping[str, MetricSource]:
    """Return what is asked for each metric that is an external service."""
    return {
        externals.metric_of(each.check.name).name: ExternalSource(run, each.check, each.every)
        for each in run.plan.externals
    }


class Externals:
    """Which external services are down, as the looks of one release have it."""

    def __init__(self, run: Run, asked: Mapping[str, MetricSource]) -> None:
        self._run, self._asked = run, asked
        self._down: dict[str, float] = {}
        for entry in run.ledger.entries(release=run.id) if run.plan.externals else ():
            if entry.event.kind == DOWN:
                self._down[str(entry.event.data["name"])] = entry.event.data["since"]
            elif entry.event.kind == UP:
                self._down.pop(str(entry.event.data["name"]), None)

    def note(self, seen: Observation) -> None:
        """Put on record which of them went down, or came back, at this look."""
        for name, answers in externals.states(seen, self._run.plan).items():
            if not answers and name not in self._down:
                self._went_down(name, seen.at)
            elif answers and name in self._down:
                self._run.record(UP, f"external/{name}/{seen.at:.3f}/up", name=name, since=self._down.pop(name))

    def _went_down(self, name: str, at: float) -> None:
        self._down[name] = at
        source = self._asked.get(externals.metric_of(name).name)
        why = getattr(source, "says", "")
        says = externals.since_words(name, at, self._run.plan.freezes.zone)
        self._run.record(DOWN, f"external/{name}/{at:.3f}/down", name=name, since=at, says=says, why=why)

    def told_beside(self, findings: Sequence[Finding], seen: Observation | None) -> tuple[Finding, ...]:
        """Return the findings, with what to know beside each while an external service is down."""
        if not self._down or seen is None:
            return tuple(findings)
        return tuple(self._told(each, seen) for each in findings)

    def told_at_the_end(self, ending: Ending | Waiting) -> Ending | Waiting:
        """Return how a hold ends, with what to know beside it where it does not pass."""
        if not self._down or isinstance(ending, Waiting) or ending.verdict is not Verdict.FAIL:
            return ending
        return replace(ending, says=f"{ending.says} ({externals.all_since(self._down, self._run.plan.freezes.zone)})")

    def _told(self, finding: Finding, seen: Observation) -> Finding:
        words = externals.beside(finding, seen, self._down, self._run.plan)
        return replace(finding, says=f"{finding.says} ({words})") if words else finding
