"""What is wrong with a plan file: where, what, and what to write instead. All of it at once, in order."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from flightrules.domain.errors import FlightError

MOST = 100
"""So many problems are shown; whoever has more has another problem."""


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Where something stands: line and column, both from 1; a column is one character."""

    line: int = 1
    column: int = 1


START = Place()


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. `str` is `flight.yaml:14:7: what`, and the hint on a line of its own."""

    file: str
    line: int
    column: int
    what: str
    hint: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: {self.what}"
        return f"{where}\n    {self.hint}" if self.hint else where


class PlanProblems(FlightError):
    """The plan cannot be carried out as it is written; `problems` holds every mistake, in order of place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Notes:
    """Collects the problems of one file while it is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._spoiled: set[Place] = set()

    def add(self, place: Place, what: str, hint: str = "") -> None:
        """Note a problem and go on; stops at once when there are too many to be of use."""
        if place in self._spoiled:
            return
        self.problems.append(Problem(self.file, place.line, place.column, what, hint))
        if len(self.problems) >= MOST:
            raise PlanProblems(self.problems)

    def spoil(self, place: Place, what: str, hint: str = "") -> None:
        """Note a problem after which nothing else that is wrong at `place` matters."""
        self.add(place, what, hint)
        self._spoiled.add(place)

    def stop(self, place: Place, what: str, hint: str = "") -> NoReturn:
        """Note a problem after which nothing more can be read."""
        self.add(place, what, hint)
        raise PlanProblems(self.problems)

    def settle(self) -> None:
        """Raise `PlanProblems` unless all is well."""
        if self.problems:
            raise PlanProblems(self.problems)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint: the nearest of the `known` words; if none is near, `otherwise`, or all that are known."""
    words = list(known)
    near = nearest(word, words)
    if near:
        return f"did you mean `{near}`?"
    return otherwise or f"known here: {', '.join(words)}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of the `known` words that `word` most likely stands for."""
    return next(iter(difflib.get_close_matches(word[:40], list(known), 1)), None)


def quote(text: str) -> str:
    """Return `text` as it can stand in a message: on one line, and not too long."""
    line = " ".join(text.split())
    return f"`{line[:60]}…`" if len(line) > 60 else f"`{line}`"
