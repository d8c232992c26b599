"""Severities in words: what was agreed about one, and how it was decided."""

from __future__ import annotations

from flightrules.domain.figures import duration
from flightrules.domain.severities import AskPeople, Decision, Severity

BETTER, KEPT, LEFT, SUPERSEDED = "better", "kept", "fix forward", "superseded"
"""How a release goes on: it got better, people kept it, it was agreed so, or a version that mends it follows."""


def agreed(severity: Severity) -> str:
    """Return what follows when it is declared: `watched for 30m, if it is no better: roll back`."""
    if severity.watch:
        return f"watched for {duration(severity.watch)}, if it is no better: {_then(severity.then)}"
    return _then(severity.then)


def _then(then: Decision | AskPeople) -> str:
    if isinstance(then, AskPeople):
        who = " or ".join(then.roles) or "somebody"
        return f"{who} is asked, without an answer within {duration(then.within)}: {then.otherwise}"
    return str(then)


def goes_on(how: str, by: str) -> str:
    """Return how it was decided that the release goes on."""
    return {
        BETTER: "it has got better, and is over",
        KEPT: f"the release goes on by decision of {by}",
        LEFT: "the release goes on, to be mended in the next version",
        SUPERSEDED: f"{by or 'another version'} follows",
    }.get(how, "the release goes on")


def no_better(watched: Severity) -> str:
    """Return why what was watched is asked about, or takes the release back; to be put behind what was seen."""
    return f"; no better after {duration(watched.watch)}"


def nobody_answered(asked: AskPeople) -> str:
    """Return why what was agreed for that case follows; to be put behind what was seen."""
    return f"; nobody answered within {duration(asked.within)}"
