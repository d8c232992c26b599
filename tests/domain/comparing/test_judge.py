"""The comparison as a judge: looks in, findings out, a say at the end of a hold."""

import math
from dataclasses import replace
from itertools import accumulate

import pytest

from flightrules.domain.comparing.judge import ComparisonJudge
from flightrules.domain.endings import Ending, For, Waiting
from flightrules.domain.observations import from_record, to_record
from flightrules.domain.plan import Action, Do
from flightrules.domain.sequential import records
from flightrules.domain.terms import USUAL, Terms, Underpowered, WhenUnderpowered
from flightrules.domain.verdict import CANDIDATE, STABLE, Observation, Verdict
from tests.domain.comparing.looks import counted, look
from tests.release.plans import STAGES, plan, stage

Look = tuple[int, int, int, int]
"""Requests and bad answers of stable, then of the candidate, since the look before."""

GOOD, TEN_TIMES, DEAD = (475, 1, 25, 0), (475, 1, 25, 1), (475, 1, 25, 25)
PASSED = Ending(Verdict.PASS, "error_rate of v2 is 0%")
CANARY, FULL = STAGES[0], STAGES[-1]


def looks(*added: Look, visit: str = "stages/1-canary") -> list[Observation]:
    """Looks every 5 s. The first one opens the counting, a minute after the router started."""
    sums = accumulate(added, lambda one, other: tuple(map(int.__add__, one, other)), initial=(9000, 9, 0, 0))
    return [look(5.0 * n, counted(a, b), counted(c, d), visit) for n, (a, b, c, d) in enumerate(sums)]


def judged(seen: list[Observation], terms: Terms = USUAL, **more) -> tuple[ComparisonJudge, list]:
    judge = ComparisonJudge(plan(rules=(), **more), terms)
    return judge, [finding for each in seen for finding in judge.look(each)]


def log_e(judge: ComparisonJudge, service: str = "web") -> float:
    comparison = judge.services[service].comparison
    assert comparison is not None
    return comparison.log_e


def test_a_candidate_that_fails_every_request_is_called_back_at_the_first_look() -> None:
    _, findings = judged(looks(DEAD))
    [finding] = findings
    assert (finding.judge, finding.verdict, finding.action) == ("comparison", Verdict.FAIL, Action(Do.ROLL_BACK))
    assert finding.says == (
        "candidate fails 100% of requests (25 of 25), more than the 1% that the plan allows; "
        "a healthy release would look this bad with probability below 0.000001"
    )
    assert (finding.rule_text, finding.service, finding.lasted) == ("compare", "web", 5.0)


def test_it_goes_on_asking_until_it_is_done() -> None:
    _, findings = judged(looks(DEAD, GOOD, GOOD))
    assert [finding.action for finding in findings] == [Action(Do.ROLL_BACK)] * 3


def test_a_candidate_as_good_as_stable_is_left_alone() -> None:
    judge, findings = judged(looks(*[GOOD] * 200))
    assert findings == []
    assert log_e(judge) < 0


def test_a_smaller_regression_is_called_back_later() -> None:
    _, findings = judged(looks(*[TEN_TIMES] * 100))
    assert findings[0].says.startswith("candidate fails 4% of requests, stable 0.21%")
    assert len(findings) > 50


def test_after_a_crash_it_comes_to_exactly_the_same_number() -> None:
    seen = looks(*[GOOD] * 30, *[TEN_TIMES] * 5)
    through, _ = judged(seen)
    again, _ = judged([from_record(to_record(each)) for each in seen])
    one, other = through.services["web"].comparison, again.services["web"].comparison
    assert one is not None and other is not None
    assert records.to_record(one) == records.to_record(other)
    assert log_e(through) == log_e(again)


def test_missed_looks_change_what_is_counted_in_no_way() -> None:
    seen = looks(*[GOOD] * 20)
    judge, _ = judged([each for number, each in enumerate(seen) if number not in (5, 6, 7)])
    service = judge.services["web"]
    assert service.comparison is not None
    assert (service.comparison.candidate.requests, service.comparison.stable.requests) == (500, 9500)


def test_the_chance_of_a_false_alarm_is_spent_once_over_all_services() -> None:
    roles = {name: {CANDIDATE: "v2", STABLE: "v1"} for name in ("api", "web")}
    seen = [replace(each, roles=roles, counters=dict.fromkeys(roles, each.counters["web"])) for each in looks(DEAD)]
    judge, findings = judged(seen)
    limits = [service.comparison and service.comparison.settings.limit for service in judge.services.values()]
    assert limits == [pytest.approx(math.log(2 / 0.01))] * 2
    assert findings[0].says.startswith("api: candidate fails")


def test_a_service_without_a_stable_version_is_not_compared() -> None:
    seen = [replace(each, roles={"web": {CANDIDATE: "v2"}}) for each in looks(DEAD)]
    judge, findings = judged(seen)
    assert (findings, judge.services) == ([], {})
    assert judge.at_the_end(CANARY, PASSED, 0.0) == PASSED


def test_what_stable_did_before_is_what_it_is_judged_by() -> None:
    alone = [replace(each, roles={"web": {STABLE: "v1"}}, stage="") for each in looks(*[(475, 1, 0, 0)] * 60)]
    judge, _ = judged(alone)
    service = judge.services["web"]
    assert service.comparison is None
    assert (service.alone.requests, service.alone.bad) == (28_500, 60)
    judge.look(look(305.0, counted(37_975, 70), counted(25)))
    assert service.comparison is not None and service.clusters is not None
    assert service.comparison.errors.settings.prior_rate == pytest.approx((60 + 0.5) / (28_500 + 50))
    assert (service.clusters.phi, service.clusters.estimate is not None) == (1.0, True)


def test_with_too_few_errors_of_stable_the_evidence_is_divided_out_of_caution() -> None:
    judge, _ = judged(looks(GOOD))
    clusters = judge.services["web"].clusters
    assert clusters is not None
    assert (clusters.phi, clusters.estimate) == (3.0, None)


def test_the_caution_ends_once_enough_was_seen_of_stable() -> None:
    judge, _ = judged(looks(*[GOOD] * 60))
    service = judge.services["web"]
    assert service.clusters is not None and service.comparison is not None
    assert service.clusters.phi == service.comparison.errors.settings.overdispersion == 1.0


def test_without_stable_traffic_only_the_limit_of_the_plan_is_left() -> None:
    everything = (0, 0, 500, 50)
    _, findings = judged(looks(GOOD, everything, visit="stages/3-full"), Terms(limit=0.02))
    assert findings[0].says.startswith("candidate fails 9.5% of requests (50 of 525), more than the 2%")
    without = (stage("full", 100, on_fail=Action(Do.PAUSE)),)
    _, findings = judged(looks(GOOD, everything, everything, visit="stages/3-full"), stages=without)
    assert findings == []


def test_people_are_told_once_of_a_candidate_without_requests() -> None:
    silent = (475, 1, 0, 0)
    _, findings = judged(looks(GOOD, *[silent] * 20, GOOD, *[silent] * 20))
    assert [finding.action for finding in findings] == [Action(Do.PAGE)] * 2
    assert findings[0].says == "v2 has had no request for 1m, while v1 had 5,700: about 300 were expected"


# at the end of a hold


def ended(seen: list[Observation], then: WhenUnderpowered = USUAL.underpowered, beyond: float = 0.0):
    judge, _ = judged(seen)
    judge = ComparisonJudge(plan(rules=()), Terms(underpowered=then))
    for each in seen:
        judge.look(each)
    return judge.at_the_end(CANARY, PASSED, beyond)


ENOUGH = [GOOD] * 400
FEW = [GOOD] * 10


def test_a_hold_in_which_enough_was_seen_is_certified() -> None:
    assert ended(looks(*ENOUGH)) == replace(
        PASSED, says="error_rate of v2 is 0%; certified, v2 fails less than twice as often as v1"
    )


def test_a_hold_in_which_too_little_was_seen_passes_and_says_so() -> None:
    ending = ended(looks(*FEW))
    assert isinstance(ending, Ending)
    assert ending.says.startswith("error_rate of v2 is 0%; underpowered: as rarely as v1 fails so far, about ")
    assert ending.says.endswith(" more requests of v2 would certify it")


def test_each_hold_is_certified_by_itself() -> None:
    second = [replace(each, stage="stages/2-quarter") for each in looks(*ENOUGH, *FEW)[len(ENOUGH) :]]
    ending = ended([*looks(*ENOUGH), *second[1:]])
    assert isinstance(ending, Ending)
    assert "underpowered" in ending.says


def test_the_plan_may_extend_such_a_hold_up_to_a_time() -> None:
    then = WhenUnderpowered(Underpowered.EXTEND, 600.0)
    waiting = ended(looks(*FEW), then, beyond=599.0)
    assert isinstance(waiting, Waiting)
    assert waiting.for_what is For.TRAFFIC
    assert isinstance(ended(looks(*FEW), then, beyond=600.0), Ending)
    assert isinstance(ended(looks(*ENOUGH), then, beyond=0.0), Ending)


def test_or_have_a_person_asked_for_as_long_as_it_takes() -> None:
    assert isinstance(ended(looks(*FEW), WhenUnderpowered(Underpowered.ASK), beyond=1e9), Waiting)


def test_a_silent_candidate_passes_no_hold_whatever_was_seen_before() -> None:
    waiting = ended(looks(*ENOUGH, *[(475, 1, 0, 0)] * 12))
    assert isinstance(waiting, Waiting)
    assert waiting.for_what is For.REQUESTS
    assert waiting.says.startswith("v2 has had no request for 1m")


def test_the_last_stage_has_nothing_to_compare_with() -> None:
    judge, _ = judged(looks(*FEW))
    assert judge.at_the_end(FULL, PASSED, 0.0) == PASSED


# bad input


def test_a_router_that_counts_latencies_in_other_buckets_ends_the_test_of_latency_and_nothing_else() -> None:
    seen = looks(*[GOOD] * 5)
    other = [
        replace(each, counters={"web": {key: _otherwise(count) for key, count in each.counters["web"].items()}})
        for each in looks(*[GOOD] * 10)[6:]
    ]
    judge, findings = judged([*seen, *(replace(each, at=each.at + 30) for each in other)])
    service = judge.services["web"]
    assert findings == [] and service.comparison is not None
    assert service.comparison.candidate.requests > 125


def _otherwise(count):
    return replace(count, latency=replace(count.latency, bounds=(0.3, 3.0, float("inf"))))
