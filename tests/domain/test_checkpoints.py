"""Going on from a checkpoint, after any look, is the same as never having stopped, and the same as seeing all looks."""

import json
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from flightrules.domain import observations
from flightrules.domain.judging import Judging, made_from
from flightrules.domain.plan import (
    Action,
    BaselineLimit,
    Comparison,
    Condition,
    Do,
    GrowthLimit,
    Metric,
    Rule,
    Unit,
    Window,
)
from flightrules.domain.terms import Terms
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import TRAFFIC, Answer, Counters, Gauge, Histogram, Verdict
from tests.release.plans import GOOD, TOO_BAD, above, below, plan, stage

INFINITY = float("inf")
FINE, COARSE = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, INFINITY), (0.05, 0.5, INFINITY)
V1, V2 = Version("v1", "a" * 40), Version("v2", "b" * 40)
SERVICES = ("web", "api")
SMALL = Condition("memory", Comparison.BELOW, BaselineLimit(3.0), text="memory < 3x baseline")
LEAK = Condition("memory", Comparison.ABOVE, GrowthLimit(2.0, 60.0), text="memory grows > 2% per minute")
PASSES = (GOOD, below("memory", 90, "memory < 90"), SMALL)
SLOWER = Condition("p95", Comparison.ABOVE, BaselineLimit(2.0), text="p95 > 2x baseline")
STAGES = tuple(replace(each, passes=PASSES) for each in (stage("canary", 5), stage("quarter", 25), stage("full", 100)))
PLAN = plan(
    *SERVICES,
    stages=STAGES,
    rules=(
        TOO_BAD,
        Rule(above("error_rate", 2.0, "error_rate > 2% for 15s", 15.0), Action(Do.PAGE)),
        Rule(SLOWER, Action(Do.STEP_BACK, "canary")),
        Rule(LEAK, Action(Do.WARN)),
    ),
    metrics=(Metric("memory", "target", Unit.BYTES),),
    window=Window(12.0, 5),
    compare=Terms(),
)

happening = st.fixed_dictionaries(
    {
        "requests": st.sampled_from([0, 3, 60, 60, 400]),
        "bad": st.sampled_from([0, 0, 0, 1, 5]),
        "slow": st.sampled_from([0, 0, 1, 4]),
        "silent": st.sampled_from([(), (), (), (), ("web",), SERVICES]),
        "reset": st.sampled_from([(), (), (), (), ("web",), ("api",)]),
        "bounds": st.sampled_from([FINE] * 9 + [COARSE]),
        "latency": st.sampled_from([True, True, True, False]),
        "candidate": st.sampled_from([True, True, True, True, False]),
        "memory": st.sampled_from([None, 40.0, 50.0, 120.0]),
        "after": st.sampled_from([5.0, 5.0, 5.0, 5.2, 12.0, 40.0]),
        "paused": st.sampled_from([False, False, False, False, True]),
        "next_stage": st.sampled_from([False] * 9 + [True]),
        "again": st.sampled_from([False] * 14 + [True]),
    }
)


class Course:
    """A release, look by look; `alone` of its first looks are at stable alone."""

    def __init__(self, happenings, alone: int) -> None:
        self._happenings, self._alone = happenings, alone
        self._totals = {(service, key): [0, 0, 0] for service in SERVICES for key in (V1.key, V2.key)}
        self.judging = Judging(PLAN)
        self.looks, self.findings, self.paused, self.again = [], [], [], []
        self.visit, self.at = 0, 1_000_000.0

    def fly(self, number: int) -> None:
        """Take the next look, and let it be judged."""
        now, sight = self._happenings[number], self.judging.sight
        self.at += now["after"]
        alone = number < self._alone
        if not alone and (now["next_stage"] or (self.visit == 0 and number > self._alone)) and self.visit < len(STAGES):
            self.visit += 1
            sight.enter(f"stages/{self.visit}-{STAGES[self.visit - 1].name}", PLAN.stages[self.visit - 1])
        parts = {"stable": V1} if alone else {"candidate": V2, "stable": V1}
        look = sight.observe(self.at, dict.fromkeys(SERVICES, parts), self._answers(now, alone))
        self.take(look, now["paused"], now["again"] and not alone)

    def take(self, look, paused: bool, again: bool) -> None:
        self.looks.append(look)
        self.paused.append(paused)
        self.again.append(again)
        show(self.judging, look, paused, again, self.findings)

    def _answers(self, now, alone: bool):
        answers = {}
        for service in SERVICES:
            for key, share in ((V1.key, 2), (V2.key, 1)):
                total = self._totals[service, key]
                if service in now["reset"]:
                    total[:] = [0, 0, 0]
                if key == V1.key or (now["candidate"] and not alone):
                    requests = now["requests"] * share
                    total[0] += requests
                    total[1] += min(now["bad"], requests)
                    total[2] += min(now["slow"], requests)
            answers[service, TRAFFIC] = (
                Answer({}, Verdict.UNREACHABLE, "it is away")
                if service in now["silent"]
                else Answer({v.key: self._counters(service, v.key, now) for v in ((V1,) if alone else (V1, V2))})
            )
            if now["memory"] is not None and not alone:
                answers[service, "memory"] = Answer({V1.key: Gauge(45.0), V2.key: Gauge(now["memory"])})
        return answers

    def _counters(self, service: str, key: str, now) -> Counters:
        requests, bad, slow = self._totals[service, key]
        counts = [0] * len(now["bounds"])
        if now["latency"]:
            counts[0], counts[-2] = requests - slow, slow
        return Counters(requests, bad, Histogram(now["bounds"], tuple(counts)))


def show(judging: Judging, look, paused: bool, again: bool, findings) -> None:
    judging.sight.recall(look, paused)
    findings.append(judging.sight.found(look))
    if again:
        judging.sight.stay.begin_again()


def stored(look):
    return observations.from_record(json.loads(json.dumps(observations.to_record(look), allow_nan=False)))


def gone_on(course: Course, cut: int, record: str, settled: str) -> tuple[Judging, list]:
    """Return the judging of a process that found the checkpoint after `cut` looks, and was shown the rest."""
    judging, findings, data = Judging(PLAN), [], json.loads(record)
    since = data["sight"]["window_since"]
    window = [stored(look) for look in course.looks[:cut] if since is not None and look.at >= since]
    judging.resume(data, window, [observations.from_record(each) for each in json.loads(settled)])
    for look, paused, again in list(zip(course.looks, course.paused, course.again, strict=True))[cut:]:
        show(judging, stored(look), paused, again, findings)
    return judging, findings


def text(data) -> str:
    return json.dumps(data, allow_nan=False)


def standing(judging: Judging) -> tuple:
    sight = judging.sight
    seen = [observations.to_record(look) for look in sight.stay.seen.looks]
    endings = [repr(sight.at_the_end(each)) for each in PLAN.stages] if seen else []
    return text(judging.to_record()), text(seen), sight.stay.held, sight.first_sign, sight.stay.next_in(), endings


PLAIN = {
    "requests": 400, "bad": 1, "slow": 1, "silent": (), "reset": (), "bounds": FINE, "latency": True, "candidate": True,
    "memory": 50.0, "after": 5.0, "paused": False, "next_stage": False, "again": False,
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(happening, min_size=2, max_size=45), st.integers(0, 6), st.data())
@example([PLAIN] * 70, 2, None)
@example([{**PLAIN, "silent": ("web",) if n % 7 == 3 else ()} for n in range(40)], 2, None)
def test_going_on_from_a_checkpoint_is_the_same_as_never_having_stopped(happenings, alone, data):
    cut = data.draw(st.integers(0, len(happenings))) if data else len(happenings) * 2 // 3
    course = Course(happenings, alone)
    record = settled = ""
    for number in range(len(happenings) + 1):
        if number == cut:
            record = text(course.judging.to_record())
            settled = text([observations.to_record(look) for look in course.judging.sight.stay.seen.settled])
        if number < len(happenings):
            course.fly(number)
    again, findings = gone_on(course, cut, record, settled)
    assert findings == course.findings[cut:]
    assert standing(again) == standing(course.judging)
    replayed: list = []
    anew = Judging(PLAN)
    for look, paused, began_again in zip(course.looks, course.paused, course.again, strict=True):
        show(anew, stored(look), paused, began_again, replayed)
    assert replayed == course.findings
    if course.visit == 0 or course.looks[-1].stage == course.judging.sight.stay.name:
        assert standing(anew) == standing(course.judging)


def test_a_checkpoint_goes_on_to_the_next_look_as_if_the_sources_had_never_stopped_answering():
    course = Course([PLAIN] * 30, 2)
    for number in range(29):
        course.fly(number)
    settled = text([observations.to_record(look) for look in course.judging.sight.stay.seen.settled])
    again, _ = gone_on(course, 29, text(course.judging.to_record()), settled)
    now = course._happenings[29]
    versions, answers = {service: {"candidate": V2, "stable": V1} for service in SERVICES}, course._answers(now, False)
    assert again.sight.observe(2e6, versions, answers) == course.judging.sight.observe(2e6, versions, answers)


def test_a_record_that_cannot_be_read_leaves_everything_as_it_was():
    judging = Judging(PLAN)
    before = standing(judging)
    try:
        judging.resume({"judges": {"rules": {"rules": []}}}, [], [])
    except KeyError:
        assert standing(judging) == before
    else:
        raise AssertionError("it was read")


def test_what_a_checkpoint_is_made_from_changes_with_what_judges_a_release():
    assert made_from(PLAN) == made_from(PLAN)
    assert made_from(plan(rules=())) != made_from(plan(rules=(TOO_BAD,)))
    assert made_from(plan(compare=Terms())) != made_from(plan(compare=Terms(tolerance=0.2)))
    assert made_from(plan(folder="/there")) == made_from(plan(folder="/here"))


def test_a_checkpoint_does_not_grow_with_the_hold():
    course = Course([PLAIN] * 60, 2)
    for number in range(30):
        course.fly(number)
    first = len(text(course.judging.to_record()["sight"]))
    for number in range(30, 60):
        course.fly(number)
    assert len(text(course.judging.to_record()["sight"])) < first * 1.1
