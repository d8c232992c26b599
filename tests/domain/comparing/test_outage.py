"""An outage that fails both versions: what it says of clusters, and what the comparison still sees after it."""

import numpy as np
import pytest

from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.comparing.counting import Between
from flightrules.domain.comparing.outage import fails_both
from flightrules.domain.comparing.service import ComparedService
from flightrules.domain.counts import NO_LATENCY
from flightrules.domain.terms import Terms
from flightrules.domain.traffic import Share
from flightrules.domain.verdict import Counters
from tests.domain.comparing.looks import counted, look

USUAL = [(400, 1)] * 30


def between(stable: tuple[int, int], candidate: tuple[int, int]) -> Between:
    return Between(Counters(*candidate, NO_LATENCY), Counters(*stable, NO_LATENCY), 5.0)


@pytest.mark.parametrize(
    ("stable", "candidate", "before", "is_one"),
    [
        ((400, 200), (100, 50), USUAL, True),
        ((400, 200), (100, 25), USUAL, True),
        ((400, 200), (100, 24), USUAL, False),  # a cluster that falls on stable alone
        ((400, 9), (100, 50), USUAL, False),  # so much is chance
        ((400, 10), (10, 2), USUAL, False),
        ((400, 10), (100, 4), [(400, 4)] * 30, False),  # no more than usual
        ((400, 200), (0, 0), USUAL, False),
        ((400, 200), (100, 50), [], False),  # nobody knows what is usual
        ((400, 200), (100, 50), [(0, 0)], False),
    ],
)
def test_a_look_is_one_of_an_outage_where_both_fail_far_more_than_usual(stable, candidate, before, is_one):
    assert fails_both(between(stable, candidate), before) is is_one


@pytest.mark.parametrize("outage", [range(0), range(100, 104), range(45, 46)])
def test_after_an_outage_of_both_a_bad_candidate_is_called_back_as_fast_as_ever(outage):
    """Without this, the factor for clusters grows to some hundreds, and nothing is called back for hours."""
    chance, service = np.random.default_rng(7), ComparedService("web", Agreed(Terms(), None, 0.01))
    totals, begins = {"v1": [0, 0], "v2": [0, 0]}, 270
    for number in range(begins + 60):
        for version, requests, rate in (("v1", 375, 0.001), ("v2", 125, 0.02 if number >= begins else 0.001)):
            totals[version][0] += requests
            totals[version][1] += int(chance.binomial(requests, 0.5 if number in outage else rate))
        seen = look(5.0 * number, *(counted(*totals[version]) for version in ("v1", "v2")))
        service.look(seen, Share.percent(25))
        if service.comparison and service.comparison.against:
            break
    assert begins <= number <= begins + 12
