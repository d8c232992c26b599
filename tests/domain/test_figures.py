import pytest

from flightrules.domain.figures import duration, figure, per
from flightrules.domain.plan import Unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (34.0, Unit.PERCENT, "34%"),
        (0.05, Unit.PERCENT, "0.05%"),
        (99.9987, Unit.PERCENT, "99.9987%"),
        (99.95, Unit.PERCENT, "99.95%"),
        (100.0, Unit.PERCENT, "100%"),
        (66.66667, Unit.PERCENT, "66.67%"),
        (0.812, Unit.SECONDS, "812ms"),
        (0.0000123, Unit.SECONDS, "0.0123ms"),
        (1.5, Unit.SECONDS, "1.5s"),
        (12.34567, Unit.PER_SECOND, "12.35/s"),
        (512 * 2**20, Unit.BYTES, "512 MiB"),
        (1.5 * 2**30, Unit.BYTES, "1.5 GiB"),
        (300, Unit.BYTES, "300 B"),
        (1234567, Unit.NUMBER, "1234567"),
        (0, Unit.NUMBER, "0"),
        (-0.00001, Unit.NUMBER, "-0.00001"),
        (1e300, Unit.NUMBER, "1e+300"),
    ],
)
def test_figures_are_short_and_carry_their_unit(value, unit, text):
    assert figure(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (15, "15s"), (90, "1m 30s"), (299.96, "5m"), (172_800, "2d"), (93_600, "1d 2h")],
)
def test_time_spans_read_as_in_a_plan(seconds, text):
    assert duration(seconds) == text


def test_a_growth_is_per_hour_or_per_any_other_span():
    assert (per(3600), per(86_400), per(90)) == ("per hour", "per day", "per 1m 30s")
