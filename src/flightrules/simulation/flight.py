"""One simulated release, from its first look to its end: the story of `release.py` without hands.

Every decision is the domain's, in the order in which a release takes it: at each look the judges first, the strongest
action before the others, then the end of the hold. What this owns is the virtual clock. It knows no gates, builds or
verification: the candidate is healthy, and the shift of traffic takes the time that it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flightrules.domain import consequences, endings
from flightrules.domain.consequences import Consequence
from flightrules.domain.endings import Ending, StageOrder, Then
from flightrules.domain.errors import FlightError, RuleFired, ShutDown, StageFailed
from flightrules.domain.judges import Judge
from flightrules.domain.observing import Observer, When
from flightrules.domain.plan import TRAFFIC_METRICS, WATCH, Action, Do, Plan, Stage
from flightrules.domain.recent import Recent
from flightrules.domain.rules import RulesJudge
from flightrules.domain.sight import Sight
from flightrules.domain.signals import Situation
from flightrules.domain.terms import STABLE_ALONE_EVERY
from flightrules.domain.terms import Terms as Agreed
from flightrules.domain.traffic import Share
from flightrules.domain.verdict import STABLE, Finding, Verdict
from flightrules.simulation import judging
from flightrules.simulation.flown import End, Flown, Happening, Visited
from flightrules.simulation.severities import LOOKED_AT_EVERY, Severities
from flightrules.simulation.world import Exposure, NothingKnown, World, alone


@dataclass(frozen=True)
class Terms:
    """How long things take that only a real release can measure, in seconds.

    `start` is how long it takes to build and start the candidate; where the plan compares, stable is looked at alone
    meanwhile. `shift` is how long a shift of traffic takes, `way_back` how long it takes from the decision to go back
    until stable has all the traffic. `patience` is for how long the release is watched on once it waits for a person.
    """

    start: float = 30.0
    shift: float = 0.0
    way_back: float = 1.0
    patience: float = 3600.0


class NobodyCame(FlightError):
    """The release waited for a person for as long as the simulation has patience."""


def fly(plan: Plan, world: World, judges: Sequence[Judge], terms: Terms = Terms()) -> Flown:
    """Return how a release by `plan` goes in `world`, judged by `judges`."""
    return Flight(plan, world, judges, terms).fly()


class Flight:
    """A simulated release under way."""

    def __init__(self, plan: Plan, world: World, judges: Sequence[Judge], terms: Terms) -> None:
        self._plan = plan
        self._world = world
        self._terms = terms
        self._judges = judges
        self._sight = Sight(plan, judges, judging.metrics(plan))
        self._compared = any(STABLE in parts for parts in world.versions.values())
        # Where nothing can share the traffic, a release goes to its last stage at once.
        self._order = StageOrder(plan.stages if self._compared else plan.stages[-1:])
        self._now = Situation()
        self._time = self._next_at = world.begins
        self._waiting: tuple[Action, str] | None = None
        """A step back that waits for the next hold."""
        self._decided: Ending | None = None
        self._give_up: float | None = None
        """When the patience is over, once a person is needed."""
        self._looks = 0
        self._stage = ""
        self._share = Share(0)
        self._severities = Severities(plan, lambda level: judging.is_over(judges, level), self._happened)
        self._visits: list[Visited] = []
        self._happenings: list[Happening] = []

    def fly(self) -> Flown:
        """Carry it through to its end."""
        try:
            self._look_at_stable_alone()
            for number, stage in enumerate(self._order, 1):
                self._shift(stage)
                self._visit(number, stage)
            self._watch()
        except StageFailed as failure:
            return self._ended(End.ROLLED_BACK, f"stage {self._stage}", failure.what)
        except RuleFired as fired:
            return self._ended(End.ROLLED_BACK, fired.details["rule"], fired.what)
        except ShutDown as fired:
            return self._ended(End.SHUT_DOWN, fired.details["rule"], fired.what)
        except NobodyCame as waits:
            return self._ended(End.WAITS, "", waits.what)
        except NothingKnown as over:
            return self._ended(End.UNDECIDED, "", over.what)
        watched = ", and the watch went as agreed" if self._plan.watch else ""
        return self._ended(End.RELEASED, "", f"every stage passed{watched}")

    def _look_at_stable_alone(self) -> None:
        """Show the judges what stable does while the candidate is started; nothing is acted on yet."""
        agreed, versions = self._plan.compare, alone(self._world.versions)
        if not isinstance(agreed, Agreed) or not self._compared:
            self._time = self._next_at = self._time + self._terms.start
            return
        ready = self._time + max(self._terms.start, agreed.baseline)
        observer, recent = Observer(self._plan, TRAFFIC_METRICS), Recent(self._plan.window)
        interval = 0.0
        while self._time <= ready:
            when = When(self._time, "", interval)
            look = observer.observe(when, versions, self._world.answers(self._time), recent)
            recent.add(look)
            self._sight.remember(look)
            self._sight.found(look)
            self._looks, interval = self._looks + 1, STABLE_ALONE_EVERY
            self._time = self._world.look_at(self._time + STABLE_ALONE_EVERY)
        self._time = self._next_at = ready

    def _shift(self, stage: Stage) -> None:
        """Look on while traffic moves; the first look of all is taken before the candidate has any.

        While the release is paused no shift begins. One that has begun goes through.
        """
        self._stage = stage.name
        while self._now.paused:
            self._wait("the release is paused and waits for a person")
        while self._severities.undecided is not None and stage.share > self._share:
            self._look()
        self._share = stage.share
        moved = self._world.shifted_at(self._time, stage) or self._time + self._terms.shift
        while self._look_at() < moved or self._sight.last is None:
            self._look()
        self._time = max(self._time, moved)
        self._world.shift(self._time, stage)

    def _visit(self, number: int, stage: Stage) -> None:
        entered, looks, before = self._time, self._looks, self._world.exposure()
        ending = Ending(Verdict.INSUFFICIENT, "the hold did not end")
        try:
            ending = self._hold(endings.visit_name(number, stage), stage)
        finally:
            counted = self._world.exposure().since(before)
            self._visits.append(self._visited(stage, entered, looks, ending, counted))
        self._happened("passed" if ending.verdict is Verdict.PASS else "failed", ending.says)
        if self._order.after(stage, ending) is Then.ASK:
            self._ask(number, stage, ending.says)

    def _visited(self, stage: Stage, entered: float, looks: int, ending: Ending, counted: Exposure) -> Visited:
        return Visited(
            stage=stage.name,
            share=stage.share.basis_points / 100,
            hold=stage.hold,
            entered=entered - self._world.begins,
            left=self._time - self._world.begins,
            held=self._sight.stay.held,
            looks=self._looks - looks,
            verdict=str(ending.verdict),
            says=ending.says,
            counted=counted,
        )

    def _hold(self, name: str, stage: Stage) -> Ending:
        self._enter(name, stage)
        self._sight.enter(name, stage)
        self._next_at, self._give_up = self._time, None
        if self._waiting is not None:
            self._step_back(*self._waiting)
            self._waiting = None
        while self._decided is None:
            self._look()
            self._decided = self._decided or self._at_the_end(stage)
        ending, self._decided = self._decided, None
        self._now = replace(self._now, stage=None, visit=None)
        return ending

    def _enter(self, visit: str, stage: Stage) -> None:
        self._now = replace(self._now, stage=stage.name, visit=visit, earlier=self._order.earlier(stage))

    def _at_the_end(self, stage: Stage) -> Ending | None:
        """Return the ending that the `pass` conditions decide on, once the hold is over."""
        if self._now.paused:
            self._wait_from_now_on("the release is paused and waits for a person")
            return None
        if self._sight.stay.held < stage.hold or self._severities.undecided is not None:
            return None
        ending = self._sight.at_the_end(stage)
        if isinstance(ending, Ending):
            return ending
        self._wait_from_now_on(f"stage {stage.name} goes on holding: {ending.says}")
        return None

    def _ask(self, number: int, stage: Stage, says: str) -> None:
        """Look on while a person is asked about a stage that failed; only a rule may decide meanwhile."""
        self._enter(f"{endings.visit_name(number, stage)}/ask", stage)
        self._give_up = None
        while self._decided is None:
            self._wait(f"stage {stage.name} failed ({says}), and a person is asked what to do")
        assert self._decided.action is not None and self._decided.action.to is not None
        self._order.back_to(self._decided.action.to)
        self._decided = None
        self._now = replace(self._now, stage=None, visit=None)

    def _watch(self) -> None:
        """Watch the candidate in service, to the end that was agreed; what people sign is taken as signed."""
        if self._plan.watch is None:
            return
        stage = self._plan.watch.as_stage()
        self._stage, entered, looks, before = WATCH, self._time, self._looks, self._world.exposure()
        self._now = replace(self._now, watching=True)
        ending = Ending(Verdict.INSUFFICIENT, "the watch did not end")
        try:
            ending = self._watched_to_its_end(stage)
        finally:
            counted = self._world.exposure().since(before)
            self._visits.append(self._visited(stage, entered, looks, ending, counted))
        self._happened("passed" if ending.verdict is Verdict.PASS else "failed", ending.says)
        signed = [item for each in self._plan.sign_offs for item in each.items]
        if signed:
            self._happened("assumed", f"signed as agreed: {', '.join(signed)}")
        while ending.verdict is not Verdict.PASS:
            self._wait(f"the watch is over, and not everything is as agreed ({ending.says}): people are asked")

    def _watched_to_its_end(self, stage: Stage) -> Ending:
        """Return how the watch ends. Raises what a rule takes the release back for."""
        self._sight.enter(WATCH, stage)
        self._next_at, self._give_up = self._time, None
        while self._now.paused or self._severities.undecided or self._sight.stay.held < stage.hold:
            if self._now.paused:
                self._wait_from_now_on("the release is paused and waits for a person")
            self._look()
        verdict, says = self._sight.judged(stage) if stage.passes else (Verdict.PASS, "")
        return Ending(verdict, says)

    def _next_in(self) -> float:
        """Return the seconds to the next look; in a watch, where looks are hours apart, sooner if a rule may fire."""
        planned = self._sight.stay.next_in()
        decided = [each.decided_in for each in self._judges if isinstance(each, RulesJudge | judging.QuickRules)]
        return min([planned, *(each for each in decided if each is not None)]) if self._now.watching else planned

    def _wait(self, why: str) -> None:
        self._wait_from_now_on(why)
        self._look()

    def _wait_from_now_on(self, why: str) -> None:
        """Note that a person is needed. Raises `NobodyCame` once that has lasted for the patience."""
        if self._give_up is None:
            self._give_up = self._time + self._terms.patience
            self._happened("waits", why)
        if self._time >= self._give_up:
            raise NobodyCame(why)

    def _look_at(self) -> float:
        """Return when the next look is taken."""
        return max(self._time, self._world.look_at(max(self._time, self._next_at)))

    def _look(self) -> None:
        sight = self._sight
        at = self._look_at()
        self._decide_by(at)
        self._time = at
        look = sight.observe(at, self._world.versions, self._world.answers(at))
        sight.keep(look, self._now.paused)
        self._looks += 1
        findings = sight.found(look)
        next_in = self._next_in()
        for finding, action in consequences.strongest_first(findings):
            self._act(finding, action)
        self._severities.looked()
        self._decide_by(at)
        self._next_at = at + (min(next_in, LOOKED_AT_EVERY) if self._severities.undecided else next_in)

    def _decide_by(self, at: float) -> None:
        """Decide about severities what is due until the moment `at`, each at its own."""
        while (due := self._severities.due_by(at)) is not None:
            self._time = max(self._time, due)
            self._severities.decide()

    def _act(self, finding: Finding, action: Action) -> None:
        match consequences.of(action, self._now, stages_are_over=self._order.are_over):
            case Consequence.CALL_BACK:
                failure = ShutDown if action.do is Do.SHUT_DOWN else RuleFired
                raise failure(finding.says, rule=finding.rule_text or finding.judge)
            case Consequence.PAUSE:
                self._happened("paused", finding.says, finding.rule_text)
                self._now = replace(self._now, paused=True)
            case Consequence.DECLARE:
                self._severities.declare(str(action.to), finding, self._time)
            case Consequence.TELL:
                self._happened("told", finding.says, finding.rule_text)
            case _:
                self._step_back(action, finding.says, finding.rule_text)

    def _step_back(self, action: Action, says: str, rule: str = "") -> None:
        match consequences.step_back(action, self._now):
            case Consequence.WAIT:
                self._happened("steps back soon", says, rule)
                self._waiting = action, says
            case Consequence.END_HOLD:
                self._happened("stepped back", says, rule)
                self._decided = self._decided or Ending(Verdict.FAIL, says, action)
            case _:
                self._happened("began again", says, rule)
                self._sight.stay.begin_again()

    def _happened(self, kind: str, says: str, rule: str = "") -> None:
        self._happenings.append(Happening(self._time - self._world.begins, self._stage, kind, says, rule))

    def _ended(self, end: End, by: str, says: str) -> Flown:
        begins, decided = self._world.begins, self._time
        back = self._way_back() if end in (End.ROLLED_BACK, End.SHUT_DOWN) else None
        if back is not None:
            self._happened("called back", says, by)
        trouble = self._world.trouble_since()
        return Flown(
            end=end,
            stage=self._stage,
            decided_at=decided - begins,
            decided_by=by,
            says=says,
            trouble_at=None if trouble is None else trouble - begins,
            back_at=None if back is None else back - begins,
            looks=self._looks,
            visits=tuple(self._visits),
            happenings=tuple(self._happenings),
            counted=self._world.exposure(),
        )

    def _way_back(self) -> float:
        """Return when stable has the traffic again. Until then the candidate still serves its share."""
        back = self._time + self._terms.way_back
        try:
            self._world.answers(back)
        except NothingKnown:
            return back
        return back
