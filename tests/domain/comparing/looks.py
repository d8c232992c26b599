"""Looks by hand: what a router had counted for v1 (stable) and v2 (candidate) of `web`."""

from flightrules.domain.verdict import CANDIDATE, STABLE, Counters, Histogram, Observation

BOUNDS = (0.1, 1.0, float("inf"))
ROLES = {"web": {CANDIDATE: "v2", STABLE: "v1"}}
NAMES = {"v1": "v1", "v2": "v2"}


def counted(requests: int, bad: int = 0, slow: int = 0) -> Counters:
    """`slow` of the requests took up to a second, the others a tenth of it."""
    return Counters(requests, bad, Histogram(BOUNDS, (requests - slow, slow, 0)))


def look(at: float, stable: Counters | None, candidate: Counters | None, stage: str = "stages/1-canary") -> Observation:
    """One look; a version without counters is left out, and without both the router did not answer."""
    versions = {key: counters for key, counters in (("v1", stable), ("v2", candidate)) if counters is not None}
    return Observation(at, stage, (), {"web": versions} if versions else {}, ROLES, NAMES, 5.0)
