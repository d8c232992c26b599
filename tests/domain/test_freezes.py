"""When a freeze is on: days, moments, what recurs, time zones, and the two days of a year on which clocks change."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flightrules.domain.clock_times import moment_of, nearest
from flightrules.domain.freezes import Freezes, Weekly, all_week
from flightrules.views.freeze_words import freeze_lines, freezes_json
from tests.plan_file.plans import SMALL, read

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = Weekly((4,), 14 * 60, 24 * 60, "Nobody is there")
WEEKEND = Weekly((5, 6), 0, 24 * 60, "Nobody is there")


def at(text: str, zone=UTC) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def freezes(text: str, zone: str = "UTC") -> Freezes:
    return read(f"{SMALL}time_zone: {zone}\nfreeze:\n{text}").freezes


def test_a_day_is_frozen_as_a_whole_and_the_last_one_too() -> None:
    holidays = freezes("  - {from: 2026-12-20, until: 2027-01-03, reason: Holiday season}\n")
    on = {text: bool(holidays.on(at(text))) for text in (
        "2026-12-19T23:59:59", "2026-12-20T00:00", "2027-01-03T23:59:59", "2027-01-04T00:00",
    )}  # fmt: skip
    assert list(on.values()) == [False, True, True, False]
    assert holidays.over(at("2026-12-24T12:00")) == at("2027-01-04T00:00")


def test_days_and_clock_times_are_those_of_the_plans_time_zone() -> None:
    there = freezes("  - {from: 2026-12-20 18:00, until: 2026-12-20 20:00, reason: Sale}\n", "America/New_York")
    assert there.on(at("2026-12-20T23:30")) and not there.on(at("2026-12-20T18:30"))


def test_what_recurs_on_friday_and_at_the_weekend_is_over_on_monday() -> None:
    both = Freezes((FRIDAY, WEEKEND), BERLIN)
    friday = at("2026-09-25T15:00", BERLIN)
    assert not both.on(at("2026-09-25T13:59", BERLIN))
    assert both.over(friday) == at("2026-09-28T00:00", BERLIN)
    following = both.following(at("2026-09-28T00:00", BERLIN))
    assert following is not None and following.starts == at("2026-10-02T14:00", BERLIN)


@pytest.mark.parametrize("day, hours", [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-01", 24)])
def test_a_day_on_which_clocks_change_is_frozen_from_midnight_to_midnight(day: str, hours: int) -> None:
    [there] = freezes(f"  - {{from: {day}, until: {day}, reason: Clocks}}\n", "Europe/Berlin").agreed
    assert (there.ends - there.starts) / 3600 == hours


def test_a_week_without_a_free_minute_is_found_and_one_with_a_free_minute_is_not() -> None:
    assert all_week((Weekly(tuple(range(5)), 0, 1440, ""), WEEKEND))
    assert not all_week((Weekly(tuple(range(5)), 1, 1440, ""), WEEKEND))
    assert not all_week((Weekly(tuple(range(7)), 0, 1439, ""),))


def test_a_clock_time_is_the_nearest_one() -> None:
    half_past_nine = 9 * 60 + 30
    assert nearest(at("2026-09-21T10:00"), half_past_nine, UTC) == at("2026-09-21T09:30")
    assert nearest(at("2026-09-21T20:00"), half_past_nine, UTC) == at("2026-09-21T09:30")
    assert nearest(at("2026-09-21T23:00"), half_past_nine, UTC) == at("2026-09-22T09:30")


def test_a_moment_is_that_of_the_clocks_there() -> None:
    assert moment_of(datetime(2026, 10, 25).date(), 1440, BERLIN) == at("2026-10-25T23:00")


PLAN = SMALL + (
    "time_zone: Europe/Berlin\nfreeze:\n"
    "  - {from: 2026-12-20, until: 2027-01-03, reason: Holiday season}\n"
    "  - {every: weekend, reason: Nobody is there}\n"
)


def test_what_is_agreed_and_what_it_means_now_is_said() -> None:
    assert list(freeze_lines(read(PLAN), at("2026-12-18T12:00"))) == [
        "from 2026-12-20 00:00 Europe/Berlin until 2027-01-04 00:00 Europe/Berlin: Holiday season",
        "every saturday and sunday from 00:00 until 24:00, Europe/Berlin: Nobody is there",
        "now: none is on; the next begins at 2026-12-19 00:00 Europe/Berlin: Nobody is there",
    ]
    assert list(freeze_lines(read(PLAN), at("2026-12-19T12:00")))[-1] == (
        "now: no release begins before 2027-01-04 00:00 Europe/Berlin"
    )
    told = freezes_json(read(PLAN), at("2026-12-25T12:00"))
    assert [each["reason"] for each in told["on"]] == ["Holiday season"]
    assert told["over"] == at("2027-01-04T00:00", BERLIN)


def test_who_may_override_has_to_be_known(tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text("people: {anna: {}}\nroles: {lead: anna}\n")
    text = f"{SMALL}freeze:\n  - {{from: 2026-12-20, until: 2027-01-03, reason: Holidays, override: lead}}\n"
    [there] = read(text, tmp_path).freezes.agreed
    assert there.override == "lead"
