"""A file of traces is computed again, and what is wrong with one is said where it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flightrules.domain.sequential.recomputing import BadVectors, judged
from tests.domain.sequential import traces

ERRORS: dict[str, Any] = {
    "test": "errors",
    "name": "small",
    "parameters": {"tolerance": 0.1, "late_mass": 0.25, "horizon_ticks": 720},
    "candidate_requests": [10, 10], "candidate_bad": [0, 1], "stable_requests": [90, 90], "stable_bad": [1, 1],
}  # fmt: skip
LATENCY: dict[str, Any] = {
    "test": "latency",
    "parameters": {"tolerance": 0.03, "min_candidate_requests": 8, "late_mass": 0.25, "horizon_ticks": 720},
    "baseline_shares": [0.9, 0.1], "alternatives": [[0.5, 0.5]],
    "candidate_histogram": [[8, 1]], "stable_histogram": [[90, 10]],
}  # fmt: skip


def test_the_file_of_vectors_is_computed_again() -> None:
    read = json.loads(traces.VECTORS.read_text())
    cases = list(judged(read))
    assert [case.name for case in cases] == [case["name"] for case in read["cases"]]
    assert all(case.difference is not None and case.difference < 1e-4 for case in cases)


def test_what_a_file_does_not_expect_has_no_difference() -> None:
    (case,) = judged({"cases": [ERRORS]})
    assert (len(case.log_e), case.expected, case.difference) == (2, None, None)


def test_a_case_without_looks_has_no_evidence() -> None:
    idle: dict[str, list[int]] = {name: [] for name in ERRORS if name.endswith(("requests", "bad"))}
    (case,) = judged({"cases": [{**ERRORS, **idle, "log_e": []}]})
    assert (case.log_e, case.difference) == ((), 0.0)


@pytest.mark.parametrize(
    "case, says",
    [
        ({**ERRORS, "test": "magic"}, "case 1 (small): test is magic, which is none of errors, absolute, latency"),
        ({"test": "errors"}, "case 1: candidate_requests is missing"),
        ({**ERRORS, "stable_bad": 3}, "case 1 (small): stable_bad is not a list"),
        ({**ERRORS, "stable_bad": [1]}, "case 1 (small): stable_bad has 1 looks where another column has 2"),
        ({**ERRORS, "log_e": [0.1]}, "case 1 (small): log_e has 1 looks where another column has 2"),
        ({**ERRORS, "log_e": [0.1, None]}, "case 1 (small): log_e holds something that is no number"),
        ({**ERRORS, "parameters": 3}, "case 1 (small): parameters is not an object with named fields"),
        ({**ERRORS, "parameters": {}}, "case 1 (small): tolerance is missing"),
        ({**ERRORS, "parameters": {**ERRORS["parameters"], "tolerance": "x"}},
         "case 1 (small): a parameter is no number where one is needed (could not convert string to float: 'x')"),
        ({**ERRORS, "parameters": {**ERRORS["parameters"], "late_mass": 2}},
         "case 1 (small): late_mass is 2; it must be at least 0 and less than 1"),
        ({**ERRORS, "stable_bad": [1, -1]},
         "case 1 (small), look 2: stable: bad is -1, which is not a whole number of at least 0"),
        ({**ERRORS, "candidate_bad": [11, 0]},
         "case 1 (small), look 1: candidate: 11 of 10 requests are bad, which cannot be"),
        ({**LATENCY, "candidate_histogram": [[8, 1, 0]]},
         "case 1, look 1: a latency histogram has 3 buckets where the comparison began with 2"),
        ({**LATENCY, "candidate_histogram": [7]}, "case 1, look 1: candidate_histogram is not a list of counts"),
        ({**LATENCY, "baseline_shares": [0.9, 0.2]},
         "case 1: baseline_shares is no histogram: its shares must be from 0 to 1 and sum to 1"),
        ([], "case 1 is not an object with named fields"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_case_and_look(case: object, says: str) -> None:
    with pytest.raises(BadVectors) as refused:
        list(judged({"cases": [case]}))
    assert refused.value.what == says


@pytest.mark.parametrize(
    "file, says", [([], "the file is not an object with named fields"), ({}, "the file: cases is missing")]
)
def test_a_file_of_another_format_is_refused(file: object, says: str) -> None:
    with pytest.raises(BadVectors) as refused:
        list(judged(file))
    assert refused.value.what == says
