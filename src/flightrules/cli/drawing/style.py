"""Colours and marks: one place, so that the same thing looks the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flightrules.views.model import Nearness, StageStatus, State, Tone

QUIET = "dim"
CANDIDATE = "cyan"
STABLE = "blue"
URGENT = "bold red"
ALARM = "bold white on red"
REHEARSAL = "bold white on magenta"

STATES: Mapping[State, str] = {
    State.STARTING: "bold black on cyan",
    State.SHIFTING: "bold black on cyan",
    State.HOLDING: "bold black on green",
    State.WAITING: "bold black on yellow",
    State.ASKING: "bold black on yellow",
    State.VERIFYING: "bold black on cyan",
    State.WATCHING: "bold black on green",
    State.PAUSED: "bold black on yellow",
    State.HELD: "bold white on red",
    State.GOING_BACK: "bold black on yellow",
    State.SHUTTING_DOWN: "bold white on red",
    State.OPENING: "bold black on cyan",
    State.ENDED: "bold",
}
OUTCOMES: Mapping[str, str] = {
    "released": "bold black on green",
    "opened": "bold black on green",
    "rolled back": "bold black on yellow",
    "not started": "bold black on yellow",
    "closed": "bold white on red",
    "down": "bold black on yellow",
}
NEARNESS: Mapping[Nearness, str] = {
    Nearness.OK: "green",
    Nearness.NEAR: "yellow",
    Nearness.OVER: "bold red",
    Nearness.MISSING: "magenta",
}
TONES: Mapping[Tone, str] = {
    Tone.QUIET: "dim",
    Tone.NEWS: "",
    Tone.GOOD: "green",
    Tone.WARNING: "yellow",
    Tone.BAD: "red",
}
STAGES: Mapping[StageStatus, str] = {
    StageStatus.WAITING: "dim",
    StageStatus.HOLDING: "bold",
    StageStatus.PASSED: "green",
    StageStatus.FAILED: "red",
    StageStatus.CALLED_BACK: "red",
    StageStatus.STEPPED_BACK: "yellow",
    StageStatus.SKIPPED: "dim",
}


@dataclass(frozen=True)
class Marks:
    """The characters to draw with: those of Unicode, or plain ones where a terminal has no others."""

    stages: Mapping[StageStatus, str]
    full: str
    stable: str
    light: str
    dot: str
    arrow: str
    levels: str
    """Bars from the lowest to the highest."""


UNICODE = Marks(
    stages={
        StageStatus.WAITING: "○",
        StageStatus.HOLDING: "▶",
        StageStatus.PASSED: "✓",
        StageStatus.FAILED: "✗",
        StageStatus.CALLED_BACK: "✗",
        StageStatus.STEPPED_BACK: "↩",
        StageStatus.SKIPPED: "–",
    },
    full="█",
    stable="▒",
    light="░",
    dot="·",
    arrow="→",
    levels="▁▂▃▄▅▆▇█",
)
PLAIN = Marks(
    stages={
        StageStatus.WAITING: ".",
        StageStatus.HOLDING: ">",
        StageStatus.PASSED: "+",
        StageStatus.FAILED: "x",
        StageStatus.CALLED_BACK: "x",
        StageStatus.STEPPED_BACK: "<",
        StageStatus.SKIPPED: "-",
    },
    full="#",
    stable="=",
    light=".",
    dot="|",
    arrow="->",
    levels="_.-:=+*#",
)


def clock_time(at: float) -> str:
    """Return a moment as the clock on the wall shows it: `14:32:07`."""
    return f"{datetime.fromtimestamp(at):%H:%M:%S}"


def moment(at: float, now: float) -> str:
    """Return a moment as it is said at `now`: the time alone within the last twelve hours, else with its day."""
    return clock_time(at) if now - at < 12 * 3600 else day_and_time(at)


def to_the_second(at: float) -> str:
    """Return a moment as a record has it: `2026-11-21 14:32:07`."""
    return f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M:%S}"


def day_and_time(at: float) -> str:
    """Return a moment with its day: `2026-11-21 14:32`."""
    return f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M}"
