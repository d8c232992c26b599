"""The schedule of a deployment day: when a phase begins at the earliest, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

PHASES = ("gates", "approvals", "build", "databases", "start", "verify")
"""The phases of every release besides its stages, each of which is one by its name."""


@dataclass(frozen=True)
class PhaseTime:
    """What is agreed about one phase.

    `at` is the clock time at which it begins at the earliest, in minutes after midnight; `budget` the seconds that it
    may take (None: any). When it takes longer people are told, or whoever has the role `ask` is asked whether the
    release goes on.
    """

    phase: str
    at: int | None = None
    budget: float | None = None
    ask: str = ""
