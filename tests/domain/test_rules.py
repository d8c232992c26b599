import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightrules.domain.judges import Judge
from flightrules.domain.observations import finding_from_record, finding_to_record
from flightrules.domain.plan import Action, BaselineLimit, Do, GrowthLimit
from flightrules.domain.rules import RulesJudge, rules_from_record, rules_to_record
from flightrules.domain.verdict import CANDIDATE, STABLE, Observation, Reading, Verdict
from tests.domain.by_hand import NAMES, ROLES, condition, gauge, look, plan, reading, rule

TOO_MANY = condition("error_rate", ">", 10, 60)


def rates(*values, start=0):
    return [look(start + n * 15.0, reading("error_rate", value, requests=50)) for n, value in enumerate(values)]


def asked(judge, looks):
    """Return the times at which the judge asked for an action."""
    return [seen.at for seen in looks if any(finding.action for finding in judge.look(seen))]


def test_the_rules_are_a_judge():
    judge: Judge = RulesJudge(plan())
    assert judge.name == "rules"


def test_a_rule_fires_once_it_has_been_true_for_long_enough_and_says_what_was_seen():
    judge = RulesJudge(plan(rule(TOO_MANY)))
    findings = [judge.look(seen)[0] for seen in rates(34, 34, 34, 34, 34)]
    assert [finding.verdict for finding in findings] == [Verdict.PASS] * 4 + [Verdict.FAIL]
    assert [finding.action for finding in findings] == [None] * 4 + [Action(Do.ROLL_BACK)]
    assert findings[-1].says == "error_rate of v2 is 34% (17 of 50 requests), above the limit of 10% for 1m"
    assert findings[-1].lasted == 60
    assert findings[2].says == ("error_rate of v2 is 34% (17 of 50 requests), above the limit of 10% for 30s of 1m")


def test_a_value_at_the_limit_never_fires():
    assert asked(RulesJudge(plan(rule(TOO_MANY))), rates(*[10.0] * 20)) == []


def test_missing_data_is_shown_as_missing_and_fires_nothing():
    judge = RulesJudge(plan(rule(condition("error_rate", ">", 10))))
    gap = look(0, Reading("error_rate", CANDIDATE, "web", None, Verdict.UNREACHABLE, "it is down"))
    (finding,) = judge.look(gap)
    assert (finding.verdict, finding.action) == (Verdict.UNREACHABLE, None)
    assert finding.says == "error_rate of v2 is not known: it is down"


@pytest.mark.parametrize("do", [Do.WARN, Do.PAGE, Do.PAUSE])
def test_people_are_told_once_a_stretch_and_again_only_after_the_condition_was_false(do):
    judge = RulesJudge(plan(rule(condition("error_rate", ">", 1), do)))
    assert asked(judge, rates(5, 5, 5, 0, 5, 5)) == [0, 60]


def test_a_source_that_comes_and_goes_does_not_page_again_and_again():
    judge = RulesJudge(plan(rule(condition("error_rate", ">", 1), Do.PAGE)))
    assert asked(judge, rates(5, None, None, 5, None, None, 5, 0, 5)) == [0, 120]


@pytest.mark.parametrize("do", [Do.ROLL_BACK, Do.SHUT_DOWN])
def test_what_calls_a_release_back_is_asked_for_at_every_look_until_it_is_done(do):
    judge = RulesJudge(plan(rule(condition("error_rate", ">", 1), do)))
    assert asked(judge, rates(5, 5, 0, 5)) == [0, 15, 45]


def test_after_a_step_back_the_stretch_begins_anew():
    judge = RulesJudge(plan(rule(TOO_MANY, Do.STEP_BACK, "canary")))
    assert asked(judge, rates(*[34] * 12)) == [60, 135]


def test_a_rule_fires_when_the_candidate_of_any_service_satisfies_it():
    both = {"web": ROLES["web"], "api": {CANDIDATE: "api-2", STABLE: "api-1"}}
    names = {**NAMES, "api-2": "v2"}
    readings = (Reading("error_rate", CANDIDATE, "web", 0.0), Reading("error_rate", CANDIDATE, "api", 50.0))
    findings = RulesJudge(plan(rule(condition("error_rate", ">", 10)))).look(
        Observation(0, "canary", readings, {}, both, names)
    )
    assert [(finding.service, finding.verdict) for finding in findings] == [
        ("web", Verdict.PASS),
        ("api", Verdict.FAIL),
    ]
    assert findings[1].says == "error_rate of api v2 is 50%, above the limit of 10%"


def test_a_look_that_is_silent_about_a_service_is_a_look_that_told_nothing():
    judge = RulesJudge(plan(rule(TOO_MANY)))
    looks = rates(34, 34, 34, 34, 34, 34)
    looks[2] = look(30.0)
    looks[3] = look(45.0)
    assert asked(judge, looks) == []


def test_the_text_of_the_rule_is_that_of_the_plan():
    (finding,) = RulesJudge(plan(rule(TOO_MANY))).look(rates(0)[0])
    assert finding.rule_text == f"{TOO_MANY.text}: roll back"


def test_findings_survive_their_record():
    for seen in (rates(34)[0], look(0)):
        for finding in RulesJudge(plan(rule(condition("error_rate", ">", 1), Do.STEP_BACK, "canary"))).look(seen):
            assert finding_from_record(json.loads(json.dumps(finding_to_record(finding)))) == finding


EVERY_KIND = plan(
    rule(TOO_MANY),
    rule(condition("error_rate", ">", 1), Do.WARN),
    rule(condition("error_rate", ">=", 5, 30), Do.STEP_BACK, "canary"),
    rule(condition("error_rate", ">", BaselineLimit(3), 15)),
    rule(condition("memory", ">", GrowthLimit(2, 60.0)), Do.PAGE, "on-call"),
    metrics=[gauge("memory")],
)
values = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 5.0, 20.0, 90.0]))
steps = st.lists(st.tuples(st.sampled_from([5.0, 15.0, 31.0, 60.0]), values, values, values), max_size=40)


def observed(walk):
    at, looks = 0.0, []
    for gap, candidate, stable, memory in walk:
        at += gap
        readings = (
            reading("error_rate", candidate, requests=50),
            reading("error_rate", stable, STABLE, requests=50),
            reading("memory", memory),
        )
        looks.append(look(at, *readings))
    return looks


def shown(looks):
    judge = RulesJudge(EVERY_KIND)
    for seen in looks:
        judge.look(seen)
    return judge


@given(steps, st.integers(0, 40))
def test_after_a_crash_the_same_looks_lead_to_the_same_state_and_the_same_findings(walk, crash):
    looks = observed(walk)
    steady = RulesJudge(EVERY_KIND)
    expected = [steady.look(seen) for seen in looks]
    replayed = shown(looks[:crash])
    assert [replayed.look(seen) for seen in looks[crash:]] == expected[crash:]
    assert replayed.state == steady.state


@given(steps)
def test_the_state_survives_its_record(walk):
    state = shown(observed(walk)).state
    assert rules_from_record(json.loads(json.dumps(rules_to_record(state)))) == state


@given(steps)
@settings(max_examples=200)
def test_a_rule_never_fires_at_a_look_at_which_its_metric_is_missing(walk):
    judge = RulesJudge(EVERY_KIND)
    for seen in observed(walk):
        missing = {r.metric for r in seen.readings if r.subject == CANDIDATE and r.value is None}
        for each, finding in zip(EVERY_KIND.rules, judge.look(seen), strict=True):
            if each.condition.metric in missing:
                assert finding.action is None
                assert finding.verdict is Verdict.INSUFFICIENT
