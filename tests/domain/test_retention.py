"""Which backups have had their time: never the last ones, never the last proven one."""

from flightrules.domain.retention import Kept, expired

DAY = 86_400.0


def backups(*ages: float, proven: tuple[int, ...] = ()) -> list[Kept]:
    """Backups of these ages in days, the first one `0`, some of them proven."""
    return [Kept(str(number), -age * DAY, number in proven) for number, age in enumerate(ages)]


def test_what_is_older_than_agreed_goes_the_oldest_first() -> None:
    assert expired(backups(40, 10, 31, 29), 0, 30 * DAY, 1, None) == ("0", "2")


def test_the_youngest_stay_however_old_they_are() -> None:
    assert expired(backups(100, 90, 80), 0, 30 * DAY, 2, None) == ("0",)


def test_the_youngest_proven_one_stays_however_old_it_is() -> None:
    assert expired(backups(100, 90, 80, 1, proven=(0, 1)), 0, 30 * DAY, 1, None) == ("0", "2")


def test_more_than_agreed_go_however_young_they_are() -> None:
    assert expired(backups(4, 3, 2, 1, proven=(1,)), 0, 30 * DAY, 1, 2) == ("0",)


def test_of_nothing_nothing_goes() -> None:
    assert expired([], 0, 30 * DAY, 1, 1) == ()
