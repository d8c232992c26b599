from __future__ import annotations

import numpy as np
import pytest

from flightrules.domain.sequential.certification import Certification, CertificationSettings
from flightrules.domain.sequential.ticks import Arm, Tick, Ticks
from tests.domain.sequential.traffic import Traffic

START = Certification.start(CertificationSettings())


def test_a_good_candidate_that_was_seen_enough_of_is_certified() -> None:
    _, end = START.over(Traffic(share=0.25).ticks(np.random.default_rng(1)))
    assert end.certified and end.still_needed() == 0


def test_a_hold_that_saw_too_little_says_about_how_much_more_it_takes() -> None:
    chance, traffic = np.random.default_rng(2), Traffic(share=0.25, looks=10)
    taken = []
    for _ in range(60):
        _, seen = START.over(traffic.ticks(chance))
        first, said = seen.candidate_requests, seen.still_needed()
        while not seen.certified:
            _, seen = seen.over(traffic.ticks(chance))
        taken.append((first + (said or 0)) / seen.candidate_requests)
    assert 0.5 < np.median(taken) < 2


def test_clusters_make_it_take_longer() -> None:
    tick = Tick(Arm(100, 1), Arm(300, 3))
    plain, clustered = (
        Certification.start(CertificationSettings(overdispersion=phi)).after(tick).still_needed() for phi in (1, 3)
    )
    assert plain and clustered and 2 < clustered / plain < 4


def test_before_anything_was_seen_nobody_can_say_how_much_it_takes() -> None:
    assert START.still_needed() is None
    assert START.after(Tick(Arm(), Arm(100, 1))).still_needed() is None


def test_a_candidate_that_turns_bad_loses_its_certificate() -> None:
    chance = np.random.default_rng(3)
    _, good = START.over(Traffic(share=0.25, looks=200).ticks(chance))
    _, bad = good.over(Traffic(share=0.25, looks=200).ticks(chance, times=5))
    assert (good.certified, bad.certified) == (True, False)


@pytest.mark.parametrize("silent", [Tick(Arm(), Arm(50, 1)), Tick(Arm(50, 1), Arm()), Tick(Arm(), Arm())])
def test_a_look_in_which_an_arm_is_silent_changes_nothing(silent: Tick) -> None:
    assert START.after(silent) == START


def test_no_look_at_all_changes_nothing() -> None:
    logs, end = START.over(Ticks.of())
    assert (len(logs), end) == (0, START)
