"""Series short enough for a chart, however long the release was: neighbours are merged, extremes are kept."""

from __future__ import annotations

from flightrules.report.data import Point

MOST = 600
"""Points of a line on a chart; more could not be told apart."""


class Thinned:
    """A line that grows: `MOST` to twice as many points are kept, each the lowest, mean and highest of its looks."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._each = 1
        self._points: list[Point] = []
        self._open: list[tuple[float, float | None]] = []

    def add(self, at: float, value: float | None) -> None:
        """Add what was read at one look; None where nothing could be read."""
        self._open.append((at, value))
        if len(self._open) == self._each:
            self._close()
        if len(self._points) == 2 * self._most:
            pairs = zip(self._points[::2], self._points[1::2], strict=True)
            self._points = [_merged(one, other) for one, other in pairs]
            self._each *= 2

    def points(self) -> tuple[Point, ...]:
        """Return the line so far."""
        return (*self._points, *([_point(self._open)] if self._open else []))

    def _close(self) -> None:
        self._points.append(_point(self._open))
        self._open = []


def _point(looks: list[tuple[float, float | None]]) -> Point:
    known = [value for _, value in looks if value is not None]
    if not known:
        return Point(looks[0][0], None, None, None)
    return Point(looks[0][0], min(known), sum(known) / len(known), max(known))


def _merged(one: Point, other: Point) -> Point:
    if one.mean is None or one.low is None or one.high is None:
        return Point(one.at, other.low, other.mean, other.high)
    if other.mean is None or other.low is None or other.high is None:
        return one
    return Point(one.at, min(one.low, other.low), (one.mean + other.mean) / 2, max(one.high, other.high))
