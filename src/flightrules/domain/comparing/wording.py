"""What the comparison says, with the versions called as people call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flightrules.domain.comparing.silence import Silence
from flightrules.domain.figures import duration
from flightrules.domain.verdict import CANDIDATE, STABLE, Observation

if TYPE_CHECKING:
    from flightrules.domain.comparing.service import ComparedService


@dataclass(frozen=True)
class Names:
    """What candidate and stable of a service are called; `of` names the service where there are several."""

    candidate: str
    stable: str
    of: str = ""

    @classmethod
    def of_look(cls, service: str, seen: Observation) -> Names:
        """Return the names that the versions have in `seen`."""
        parts = seen.roles.get(service, {})
        candidate, stable = (seen.names.get(parts.get(part, ""), part) for part in (CANDIDATE, STABLE))
        return cls(candidate, stable, f"{service}: " if len(seen.roles) > 1 else "")


def against(service: ComparedService, names: Names) -> str:
    """Return what was seen against the candidate, and how likely chance is."""
    from flightrules.domain.sequential import words  # loads numpy

    assert service.comparison is not None
    return names.of + words.verdict(service.comparison, service.latencies.candidate, service.latencies.stable)


def silent(silence: Silence, names: Names) -> str:
    """Return for how long the candidate has had no request."""
    lasted = f"{names.candidate} has had no request for {duration(round(silence.seconds))}"
    return (
        f"{names.of}{lasted}, while {names.stable} had {silence.stable:,}: about {silence.expected:,.0f} were expected"
    )


def certified(names: Names) -> str:
    """Return what a certificate says."""
    return f"{names.of}certified, {names.candidate} fails less than twice as often as {names.stable}"


def underpowered(needed: int | None, names: Names) -> str:
    """Return what a hold without a certificate lacked."""
    if needed is None:
        return f"{names.of}underpowered, nothing was seen of {names.candidate} beside {names.stable}"
    so_far, more = f"as rarely as {names.stable} fails so far", f"about {roughly(needed)} more requests"
    return f"{names.of}underpowered: {so_far}, {more} of {names.candidate} would certify it"


def roughly(number: int) -> str:
    """Return `number` with two digits that count: no estimate is better than that."""
    return f"{int(float(f'{number:.2g}')):,}"
