"""Series short enough for a chart, however long the release was."""

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


class Sampled:
    """A line that grows, of points that each say all until then: some are left out, none are merged."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._each = 1
        self._number = 0
        self._points: list[Point] = []
        self._last: Point | None = None

    def add(self, point: Point) -> None:
        """Add one more point."""
        self._last = point
        if self._number % self._each == 0:
            self._points.append(point)
        self._number += 1
        if len(self._points) == 2 * self._most:
            self._points = self._points[::2]
            self._each *= 2

    def points(self) -> tuple[Point, ...]:
        """Return the line so far; the newest point is always part of it."""
        ended = self._last is None or self._points[-1] is self._last
        return (*self._points, *([] if ended or self._last is None else [self._last]))


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
