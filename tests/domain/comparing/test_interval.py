"""How exactly a rate is known."""

import pytest

from flightrules.domain.comparing.interval import wilson


@pytest.mark.parametrize(
    ("bad", "requests", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_the_ends_are_those_of_wilson(bad: int, requests: int, low: float, high: float) -> None:
    assert wilson(bad, requests) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_without_a_request_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_clustered_errors_say_less() -> None:
    assert wilson(30, 3000, 3.0) == wilson(10, 1000)
