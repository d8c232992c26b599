"""Turns of a rota, and the gaps between them."""

from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from flightrules.domain.clock_times import moment_of
from flightrules.domain.on_call import Once, Turn, Weekly, gap_said, gaps, turns_of

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = date(2026, 11, 21)
NIGHTS = Weekly("on-call", ("otto",), tuple(range(7)), 20 * 60, 32 * 60)
DAYS = Weekly("on-call", ("anna",), tuple(range(5)), 8 * 60, 20 * 60)


def at(hours: float, day: date = SATURDAY) -> float:
    return moment_of(day, round(hours * 60), BERLIN)


def test_a_night_reaches_into_the_day_after() -> None:
    turns = turns_of("on-call", (NIGHTS,), at(3), at(6), BERLIN)
    assert turns == (Turn("otto", at(20, date(2026, 11, 20)), at(8)),)


def test_a_turn_of_another_role_does_not_count() -> None:
    assert turns_of("team-lead", (NIGHTS, DAYS), at(0), at(48), BERLIN) == ()


def test_a_weekend_that_only_has_nights_has_two_gaps() -> None:
    since, until = at(0), at(48 + 12)
    assert gaps(turns_of("on-call", (NIGHTS, DAYS), since, until, BERLIN), since, until) == (
        (at(8), at(20)),
        (at(32), at(44)),
    )


def test_two_at_once_and_turns_that_overlap_leave_no_gap() -> None:
    turns = [Turn("anna", 0, 100), Turn("otto", 50, 300), Turn("lea", 60, 70), Turn("anna", 290, 900)]
    assert gaps(turns, 10, 800) == ()


@pytest.mark.parametrize("seconds, there", [(60.0, ()), (61.0, ((1000.0, 1061.0),))])
def test_a_minute_between_two_turns_is_a_seam(seconds: float, there: tuple[tuple[float, float], ...]) -> None:
    assert gaps([Turn("anna", 0, 1000), Turn("otto", 1000 + seconds, 9000)], 0, 5000) == there


def test_without_a_turn_all_of_it_is_a_gap_and_one_at_the_end_is_cut_there() -> None:
    assert gaps([], 5, 500) == ((5, 500),)
    assert gaps([Turn("anna", 0, 300)], 5, 500) == ((300, 500),)


def test_one_turn_lasts_from_one_moment_to_the_other_also_when_the_clocks_are_set_back() -> None:
    night = Once("on-call", ("anna", "otto"), (date(2026, 10, 24), 20 * 60), (date(2026, 10, 25), 8 * 60))
    turns = turns_of("on-call", (night,), at(0, date(2026, 10, 25)), at(9, date(2026, 10, 25)), BERLIN)
    assert [turn.who for turn in turns] == ["anna", "otto"]
    assert turns[0].until - turns[0].since == 13 * 3600


def test_a_gap_is_said_with_its_day_or_both_of_them() -> None:
    assert gap_said((at(26), at(30)), BERLIN) == "from 02:00 to 06:00 on Sunday 2026-11-22 Europe/Berlin"
    over_night = "from Saturday 2026-11-21 21:00 UTC to Sunday 2026-11-22 03:00 UTC"
    assert gap_said((at(22), at(28)), UTC) == over_night
