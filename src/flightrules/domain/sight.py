"""All that the looks of one release have shown so far: what the next look and the end of a hold are judged by.

Pure: it is handed answers, and gives back observations and findings. Who asks the sources, on which clock, where a
look is stored and who acts on a finding is for others; a release under way and a simulated one share all of this.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from flightrules.domain import endings, observations, observing, passing
from flightrules.domain.endings import Ending, Waiting
from flightrules.domain.hold_looks import HoldLooks
from flightrules.domain.judges import Judge
from flightrules.domain.observing import Answers, Observer, Versions, When
from flightrules.domain.plan import Plan, Stage
from flightrules.domain.recent import Recent
from flightrules.domain.stay import Stay
from flightrules.domain.verdict import CANDIDATE, Finding, Observation, Verdict


class Sight:
    """What was seen in one release. Before the first stage it looks as often as that stage does.

    `metrics` are those that are read, all where nothing is said.
    """

    def __init__(self, plan: Plan, judges: Sequence[Judge], metrics: Container[str] | None = None) -> None:
        self._plan = plan
        self._judges = tuple(judges)
        self._observer = Observer(plan, metrics)
        self._recent = Recent(plan.window)
        self._before: tuple[Observation, ...] = ()
        """The first look of the release: what a metric read before the candidate had traffic."""
        self.last: Observation | None = None
        self.first_sign: float | None = None
        """The last moment before the candidate failed its first request (seconds since 1970)."""
        self.stay = Stay("", plan.stages[0].looks, 0.0, HoldLooks((), plan))

    def enter(self, visit: str, stage: Stage) -> None:
        """Begin to watch a visit of `stage`; `visit` is its name."""
        self.stay = Stay(visit, stage.looks, stage.hold, HoldLooks(stage.passes, self._plan))

    def observe(self, at: float, versions: Versions, answers: Answers) -> Observation:
        """Return the look at the moment `at` (seconds since 1970), made of what the sources answered."""
        interval = self.stay.next_in() if self.last else 0.0
        when = When(at, self.stay.name, interval)
        return self._observer.observe(when, versions, answers, self._recent)

    def keep(self, look: Observation, paused: bool) -> None:
        """Count `look` towards the hold that is on, and remember it; `paused` says whether the release was."""
        self.stay.add(look, self.last, paused)
        self.remember(look)

    def recall(self, look: Observation, paused: bool) -> None:
        """Do as `keep` with a look that was taken before a crash, and as `enter` where a visit began with it."""
        if observing.is_of_stable_alone(look):
            return
        if look.stage and look.stage != self.stay.name:
            self.enter(look.stage, self._plan.visited(look.stage))
        if look.stage == self.stay.name:
            self.stay.add(look, self.last, paused)
        self.remember(look)

    def remember(self, look: Observation) -> None:
        """Remember a look; that of an earlier hold counts towards none.

        What stable did alone is no part of any window: a candidate that was not there was not without requests.
        """
        if observing.is_of_stable_alone(look):
            return
        if self.first_sign is None and _candidate_failed_a_request(look):
            self.first_sign = (self.last or look).at
        self.last = look
        self._before = self._before or (look,)
        self._recent.add(look)

    @property
    def window_since(self) -> float | None:
        """The moment of the oldest look that the next one can still need; None where there is none."""
        return next((look.at for look in self._recent), None)

    def to_record(self) -> dict[str, Any]:
        """Return what was seen, as data that JSON can hold; without the looks since `window_since`, which are stored
        anyway, and without those of the hold that are settled."""
        return {
            "first": [observations.to_record(look) for look in self._before],
            "first_sign": self.first_sign,
            "window_since": self.window_since,
            "stay": {"visit": self.stay.name, "held": self.stay.held, "seen": self.stay.seen.to_record()},
        }

    def resume(self, record: Mapping[str, Any], window: Iterable[Observation], settled: Iterable[Observation]) -> None:
        """Go on from what `to_record` said. `window` are the looks since then, `settled` those of the hold."""
        self._before = tuple(observations.from_record(look) for look in record["first"])
        self.first_sign = record["first_sign"]
        for look in window:
            if not observing.is_of_stable_alone(look):
                self.last = look
                self._recent.add(look)
        stay = record["stay"]
        if stay["visit"]:
            self.enter(stay["visit"], self._plan.visited(stay["visit"]))
        self.stay.held = stay["held"]
        self.stay.seen.resume(stay["seen"], settled)

    def found(self, look: Observation) -> tuple[Finding, ...]:
        """Return what the judges say of `look`. They are shown every look once, in order."""
        return tuple(finding for judge in self._judges for finding in judge.look(look))

    def at_the_end(self, stage: Stage) -> Ending | Waiting:
        """Return how the hold ends, now that its time is over; or what it goes on waiting for.

        The `pass` conditions are judged over the whole hold. What passes must have the consent of every judge.
        """
        verdict, says = self.judged(stage)
        ending = endings.of_conditions(stage, verdict, says)
        beyond = self.stay.held - stage.hold
        for judge in self._judges:
            if isinstance(ending, Ending) and ending.verdict is Verdict.PASS:
                ending = judge.at_the_end(stage, ending, beyond)
        return ending

    def judged(self, stage: Stage) -> tuple[Verdict, str]:
        """Return the verdict of the `pass` conditions over the whole hold, and why in words."""
        return passing.judge(stage.passes, self.stay.seen.looks, self._plan, self._before)


def _candidate_failed_a_request(look: Observation) -> bool:
    return any(
        counted.bad > 0
        for service, versions in look.counters.items()
        for key, counted in versions.items()
        if key == look.roles[service].get(CANDIDATE)
    )
