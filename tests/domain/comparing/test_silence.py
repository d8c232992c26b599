"""A candidate without requests while stable serves."""

from itertools import repeat

from flightrules.domain.comparing.counting import Between
from flightrules.domain.comparing.silence import Silence
from flightrules.domain.traffic import Share
from tests.domain.comparing.looks import counted

FIVE = Share.percent(5)


def after(looks: int, stable: int, candidate: int = 0, share: Share = FIVE) -> Silence:
    silence = Silence()
    for between in repeat(Between(counted(candidate), counted(stable), 5.0), looks):
        silence = silence.after(between, share)
    return silence


def test_a_minute_without_a_request_counts_where_thirty_were_expected() -> None:
    assert not after(11, stable=500).counts
    assert after(12, stable=500).counts


def test_a_minute_says_nothing_where_traffic_is_low() -> None:
    assert not after(12, stable=5).counts
    assert after(120, stable=5).counts


def test_a_single_request_ends_it() -> None:
    silence = after(20, stable=500).after(Between(counted(1), counted(500), 5.0), FIVE)
    assert silence == Silence()


def test_nobody_is_silent_while_stable_has_nothing_to_say_either() -> None:
    assert after(100, stable=0) == Silence()


def test_without_a_share_or_with_all_of_it_there_is_nothing_to_compare_with() -> None:
    assert after(100, stable=500, share=Share(0)) == Silence()
    assert after(100, stable=500, share=Share(10_000)) == Silence()
