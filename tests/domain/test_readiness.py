"""The score of readiness, and the verdict that no score can talk away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain.agreed_score import AgreedScore
from flightrules.domain.check_results import CheckResult
from flightrules.domain.readiness import Readiness, assess
from flightrules.domain.verdict import Verdict


def result(verdict: Verdict = Verdict.PASS, excused: str = "") -> CheckResult:
    return CheckResult("check", verdict, "as seen", 0.0, excused)


PASSED, FAILED, UNKNOWN = result(), result(Verdict.FAIL), result(Verdict.UNREACHABLE)
OPTIONAL = result(Verdict.FAIL, "not mandatory")
NOT_APPLICABLE = result(Verdict.INSUFFICIENT, "not applicable: no user interface")


def test_categories_count_by_their_weight() -> None:
    seen = {"code": [PASSED, PASSED, OPTIONAL, OPTIONAL], "legal": [PASSED]}
    assert assess(seen, AgreedScore()).score == 75.0
    assert assess(seen, AgreedScore(weights={"code": 3.0})).score == 62.5
    assert assess(seen, AgreedScore(weights={"legal": 0.0})).score == 50.0


def test_what_does_not_apply_counts_nothing_and_what_was_waived_has_not_passed() -> None:
    ready = assess({"code": [PASSED, NOT_APPLICABLE], "ui": [NOT_APPLICABLE]}, AgreedScore(at_least=100))
    assert (ready.score, ready.go, ready.lacking) == (100.0, True, ())
    waived = assess({"code": [PASSED, result(Verdict.FAIL, "waived by anna until 2099-01-01: known")]}, AgreedScore())
    assert (waived.score, waived.go, len(waived.lacking)) == (50.0, True, 1)


@pytest.mark.parametrize("blocking", [FAILED, UNKNOWN])
def test_a_mandatory_check_that_does_not_pass_is_a_no_go_whatever_the_score(blocking: CheckResult) -> None:
    ready = assess({"code": [PASSED] * 99 + [blocking]}, AgreedScore(at_least=90))
    assert (ready.score, ready.go, ready.why_not) == (99.0, False, "1 mandatory check does not pass")


def test_a_score_below_what_was_agreed_is_a_no_go() -> None:
    ready = assess({"code": [PASSED, PASSED, OPTIONAL]}, AgreedScore(at_least=70))
    assert (ready.score, ready.go, ready.why_not) == (66.6, False, "the score of 66.6 is below 70")


def test_nothing_that_applies_is_no_score() -> None:
    assert assess({}, AgreedScore()).score == 0.0
    assert not assess({"ui": [NOT_APPLICABLE]}, AgreedScore(at_least=1)).go


@given(
    st.dictionaries(st.text(max_size=3), st.lists(st.sampled_from([PASSED, FAILED, UNKNOWN, OPTIONAL, NOT_APPLICABLE])))
)
def test_a_hundred_is_only_reached_when_everything_passed_and_a_go_never_hides_a_block(
    results: dict[str, list[CheckResult]],
) -> None:
    ready: Readiness = assess(results, AgreedScore(at_least=100))
    assert 0 <= ready.score <= 100
    assert (ready.score == 100) <= all(each.passed for category in ready.categories for each in category.applicable)
    assert not (ready.go and ready.blocking)
