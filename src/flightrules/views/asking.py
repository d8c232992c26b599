"""One view of one release, and of a state as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flightrules.domain.errors import FlightError
from flightrules.domain.plan import Plan
from flightrules.state.releases import Release
from flightrules.views.following import Following
from flightrules.views.ledger_words import ledger_words
from flightrules.views.model import EventView, ReleaseView
from flightrules.views.wording import Cast

if TYPE_CHECKING:
    from flightrules.records import Records

PlanOf = Callable[[Release], Plan]
"""Returns the plan of a recorded release, as it was when the release began."""


@dataclass(frozen=True)
class PastView:
    """A release in a list: what it was, when (seconds since 1970), and how it ended."""

    id: str
    story: str
    started_at: float
    ended_at: float | None
    outcome: str | None


def release_view(records: Records, plan_of: PlanOf, release: str | None = None) -> ReleaseView:
    """Return the view of the release with this id, or of the one that is under way or was the last.

    Raises `FlightError` where there is none, `PlanProblems` when its plan cannot be read.
    """
    found = chosen(records, release)
    return Following(records, plan_of(found), found).view()


def chosen(records: Records, release: str | None = None) -> Release:
    """Return the release with this id, or the one that is under way, or else the last one.

    Among rehearsals that is the last that was rehearsed, and not what set staging up or ended it.
    """
    if release is not None:
        return records.releases.get(release)
    rehearsed = (each for each in records.releases.list() if each.was_rehearsed)
    found = records.releases.unfinished() or next(rehearsed, None) or records.releases.latest()
    if found is None:
        raise FlightError("nothing was released here yet", "release a first version: flight run VERSION")
    return found


def past(records: Records, limit: int = 10) -> tuple[PastView, ...]:
    """Return the last releases, the newest first."""
    return tuple(
        PastView(each.id, each.kind, each.created_at, each.ended_at, each.outcome)
        for each in records.releases.list(limit)
    )


@dataclass(frozen=True)
class ServingView:
    """What is in service: which version of which service, and since when (seconds since 1970)."""

    service: str
    version: str
    digest: str
    since: float
    release: str


def in_service(records: Records) -> tuple[ServingView, ...]:
    """Return what is in service now, by service."""
    return tuple(
        ServingView(each.service, each.version.name, each.version.digest, each.since, each.release)
        for service in _services(records)
        for each in records.serving.history(service)
        if each.ended_at is None
    )


def served(records: Records) -> tuple[str, ...]:
    """Return the names of all versions that were in service once, the newest first."""
    deployments = (each for service in _services(records) for each in records.serving.history(service))
    return tuple(dict.fromkeys(each.version.name for each in deployments))


def _services(records: Records) -> tuple[str, ...]:
    """Return the services of all releases, those of the newest first."""
    return tuple(dict.fromkeys(name for each in records.releases.list() for name in each.arguments["services"]))


def told(records: Records, release: str | None = None) -> Iterator[EventView]:
    """Yield every event of a release, or of all, in words; none is left out."""
    casts = {each.id: _cast(each) for each in records.releases.list(limit=1_000_000)}
    if release is not None:
        records.releases.get(release)
    for entry in records.ledger.entries(release):
        said = ledger_words(entry, casts.get(entry.event.release, Cast({})))
        yield EventView(entry.number, entry.at, entry.event.kind, entry.event.actor, said.tone, said.text)


def _cast(release: Release) -> Cast:
    services = release.arguments["services"].items()
    return Cast({name: (each["candidate"]["name"], (each["stable"] or {}).get("name")) for name, each in services})
