"""What is so for any counts whatever."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.bernoulli import projected
from flightrules.domain.sequential.certification import Certification, CertificationSettings
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, over
from flightrules.domain.sequential.records import from_record, to_record
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.ticks import Arm, Tick, Ticks
from flightrules.domain.sequential.wealth import Onset
from tests.domain.sequential.traffic import LATENCY

SETTINGS = ComparisonSettings(
    RelativeErrorsSettings(onset=Onset(0.25, 5)), AbsoluteErrorsSettings(0.02, onset=Onset(0.25, 5)), LATENCY
)


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    latency = tuple(draw(st.lists(st.integers(0, 2000), min_size=6, max_size=6)))
    return Arm(sum(latency), draw(st.integers(0, sum(latency))), latency)


TICKS = st.lists(st.builds(Tick, arms(), arms(), st.sampled_from([0.0, 29.9, 30.0, math.inf])), max_size=12)


@settings(max_examples=60, deadline=None)
@given(trace=TICKS)
def test_many_looks_at_once_are_the_looks_one_by_one(trace: list[Tick]) -> None:
    path = over(Comparison.start(SETTINGS), Ticks.of_ticks(trace))
    step, logs = Comparison.start(SETTINGS), []
    for tick in trace:
        step = step.after(tick)
        logs.append(step.log_e)
    np.testing.assert_allclose(path.log_e, logs, rtol=1e-9, atol=1e-9)
    end = path.end
    assert (end.candidate, end.stable, end.looks) == (step.candidate, step.stable, step.looks)
    assert end.log_e == pytest.approx(step.log_e, rel=1e-9, abs=1e-9)
    assert (end.against and end.against.looks) == (step.against and step.against.looks)


@settings(max_examples=40, deadline=None)
@given(trace=TICKS, cut=st.integers(0, 12))
def test_a_comparison_that_went_through_json_goes_on_to_exactly_the_same_number(trace: list[Tick], cut: int) -> None:
    whole = broken = Comparison.start(SETTINGS)
    for tick in trace:
        whole = whole.after(tick)
    for number, tick in enumerate(trace):
        broken = from_record(json.loads(json.dumps(to_record(broken)))) if number == cut else broken
        broken = broken.after(tick)
    assert broken == whole
    assert broken.log_e == whole.log_e


@settings(max_examples=60, deadline=None)
@given(trace=TICKS, cut=st.integers(0, 12))
def test_many_looks_may_be_taken_in_parts(trace: list[Tick], cut: int) -> None:
    start = Comparison.start(SETTINGS)
    parts = over(over(start, Ticks.of_ticks(trace[:cut])).end, Ticks.of_ticks(trace[cut:])).end
    assert parts.log_e == pytest.approx(over(start, Ticks.of_ticks(trace)).end.log_e, rel=1e-9, abs=1e-9)


@given(trace=TICKS)
@settings(max_examples=40, deadline=None)
def test_evidence_is_always_a_finite_number_and_its_peak_never_sinks(trace: list[Tick]) -> None:
    comparison = Comparison.start(SETTINGS)
    for tick in trace:
        after = comparison.after(tick)
        assert math.isfinite(after.log_e) and after.peak >= max(comparison.peak, after.log_e)
        comparison = after


@given(
    share=st.floats(0.001, 0.999), stable=st.floats(1e-6, 0.5), factor=st.floats(1.3, 100), ratio=st.floats(1.0, 1.25)
)
def test_at_every_point_of_the_null_a_request_is_expected_to_gain_nothing(
    share: float, stable: float, factor: float, ratio: float
) -> None:
    candidate = factor * stable / (1 - stable + factor * stable)
    if candidate <= 1.0001 * ratio * stable:
        return
    null = float(projected(np.asarray(share), np.asarray(candidate), np.asarray(stable), ratio))
    for true in np.linspace(0.0, 1 / ratio, 21):
        limit = ratio * true
        gain = share * (limit * candidate / (ratio * null) + (1 - limit) * (1 - candidate) / (1 - ratio * null))
        gain += (1 - share) * (true * stable / null + (1 - true) * (1 - stable) / (1 - null))
        assert gain <= 1 + 1e-6


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0.0005, 0.999))
def test_at_every_extreme_point_of_the_latency_null_a_request_is_expected_to_gain_nothing(share: float) -> None:
    ratios = LATENCY.null.log_ratios(np.array([share]))
    candidate, stable = np.exp(ratios.candidate[0]), np.exp(ratios.stable[0])
    for bucket in range(LATENCY.buckets):
        for moved in (0.0, LATENCY.tolerance) if bucket < LATENCY.buckets - 1 else (0.0,):
            of_candidate = (1 - moved) * candidate[bucket] + (moved * candidate[bucket + 1] if moved else 0.0)
            gain = (1 - share) * stable[bucket] + share * of_candidate
            assert (np.log(gain) - ratios.excess[0] <= 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(trace=TICKS)
def test_the_mirrored_test_is_the_same_one_by_one(trace: list[Tick]) -> None:
    step = Certification.start(CertificationSettings())
    for tick in trace:
        step = step.after(tick)
    _, end = Certification.start(CertificationSettings()).over(Ticks.of_ticks(trace))
    assert end.log_e == pytest.approx(step.log_e, rel=1e-9, abs=1e-9)
    assert (end.stable_bad, end.stable_requests) == (step.stable_bad, step.stable_requests)
