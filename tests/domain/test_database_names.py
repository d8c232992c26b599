"""A name that a server would cut off means another database, perhaps the plan's own."""

import pytest

from flightrules.domain.database_names import LONGEST, beside, fits


@pytest.mark.parametrize("name", ["shop", "s" * 63, "ü" * 31 + "x", "数" * 21, "🛒" * 15])
def test_a_further_name_is_never_cut_off_and_never_the_name_itself(name: str) -> None:
    further = beside(name, "_flight_scratch", 52)
    assert len(further.encode()) <= 52
    assert further.endswith("_flight_scratch") and further != name


def test_a_short_name_is_kept_whole() -> None:
    assert beside("shop", "_before_20260102t030405z") == "shop_before_20260102t030405z"


def test_bytes_count_and_not_characters() -> None:
    assert fits("a" * LONGEST) and not fits("a" * LONGEST + "b")
    assert fits("数" * 21) and not fits("数" * 22)
