"""How fast a value grows: the slope of a straight line through its readings, by least squares.

A `Trend` is bounded in size however often and however long one looks: it keeps averages of at most about
sixty slices of the time span that the plan asks about.
"""

from __future__ import annotations

from dataclasses import dataclass

SLICES = 60
"""Into how many slices the time span is divided; the looks within a slice are averaged."""

ENOUGH_LOOKS = 5
ENOUGH_SECONDS = 600.0


@dataclass(frozen=True)
class Slice:
    """The looks within one slice of time: when the first was, how many, and the sums of their times and values.

    Times are seconds since the start of the trend.
    """

    number: int
    first: float
    looks: int
    times: float
    values: float

    @property
    def time(self) -> float:
        """The mean time of the looks."""
        return self.times / self.looks


@dataclass(frozen=True)
class Growth:
    """How fast a value grows: `percent` of the value at the start of the line, per the span that was asked about."""

    percent: float
    looks: int
    seconds: float


@dataclass(frozen=True)
class Trend:
    """The last readings of the version with the key `of`: those of the last `window` seconds, at least five."""

    per_seconds: float
    of: str
    start: float
    end: float
    slices: tuple[Slice, ...] = ()

    @property
    def needed_seconds(self) -> float:
        """How long the readings must span before a growth is known.

        Ten minutes, or a tenth of the limit's span if that is longer, or that span if it is shorter: `per
        hour` needs 10 minutes, `per day` 2.4 hours, `per minute` a minute.
        """
        return max(min(ENOUGH_SECONDS, self.per_seconds), self.per_seconds / 10)

    @property
    def window(self) -> float:
        """Over how many seconds the line is drawn: the span of the limit, or twice what is needed if longer."""
        return max(self.per_seconds, 2 * self.needed_seconds)

    def after(self, at: float, value: float) -> Trend:
        """Return the trend with one more reading; readings come in order of time."""
        time = at - self.start
        number = int(time / (self.window / SLICES))
        older = self.slices
        last = Slice(number, time, 0, 0.0, 0.0)
        if older and older[-1].number == number:
            last, older = older[-1], older[:-1]
        while len(older) >= ENOUGH_LOOKS and older[0].number < number - SLICES:
            older = older[1:]
        grown = Slice(number, last.first, last.looks + 1, last.times + time, last.values + value)
        return Trend(self.per_seconds, self.of, self.start, at, (*older, grown))

    @property
    def looks(self) -> int:
        """The number of readings behind the line."""
        return sum(part.looks for part in self.slices)

    @property
    def seconds(self) -> float:
        """The time between the first reading behind the line and the last."""
        return self.end - self.start - self.slices[0].first if self.slices else 0.0

    def growth(self) -> Growth | None:
        """Return how fast the value grows; None while the readings are too few or span too little time.

        None also where the line starts at or below zero: growth in percent of nothing has no meaning.
        """
        if self.looks < ENOUGH_LOOKS or self.seconds < self.needed_seconds or len(self.slices) < 2:
            return None
        slope, middle, level = _line(self.slices)
        at_start = level + slope * (self.slices[0].first - middle)
        if at_start <= 0:
            return None
        return Growth(100 * slope * self.per_seconds / at_start, self.looks, self.seconds)


def _line(slices: tuple[Slice, ...]) -> tuple[float, float, float]:
    """Return slope, mean time and mean value of the straight line through `slices`, each weighted by its looks."""
    looks = sum(part.looks for part in slices)
    middle = sum(part.times for part in slices) / looks
    level = sum(part.values for part in slices) / looks
    spread = rise = 0.0
    for part in slices:
        distance = part.time - middle
        spread += part.looks * distance * distance
        rise += distance * (part.values - part.looks * level)
    return rise / spread, middle, level
