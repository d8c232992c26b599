"""Where the readings of `flight simulate` come from: a scenario, an earlier release, a file of counts, Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType

from flightrules.cli.failures import BadInput
from flightrules.cli.places import Place
from flightrules.domain.errors import FlightError
from flightrules.domain.plan import Plan
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE
from flightrules.simulation import counts_file, described, metric_range, recorded
from flightrules.simulation.counts_lines import BadCountsFile
from flightrules.simulation.recording import Recording
from flightrules.simulation.scenario import Usual
from flightrules.simulation.simulation import Described


def of_scenario(plan: Plan, texts: Sequence[str], usual: Usual) -> Described:
    """Return the scenario that `texts` describe. Raises `BadInput`."""
    try:
        faults = described.faults(texts, plan, usual)
    except described.BadScenario as error:
        raise BadInput(error.what, error.do, **error.details) from error
    return Described(usual, described.with_levels(faults, plan))


def of_release(place: Place, release: str | None) -> Recording:
    """Return the looks of an earlier release, the last one where none is named. Nothing is written."""
    import os

    from flightrules import plans
    from flightrules.clocks.system import SystemClock
    from flightrules.domain import observations
    from flightrules.state.folder import is_there
    from flightrules.state.observations import Observations
    from flightrules.state.reading import open_to_read
    from flightrules.state.releases import RELEASE, Releases

    if not is_there(place.state):
        raise FlightError(
            f"there is no state in {place.state}: nothing was released from here yet",
            "describe what happens instead: flight simulate --scenario TEXT",
        )
    state = open_to_read(place.state, SystemClock())
    try:
        releases = Releases(state)
        found = releases.get(release) if release else releases.latest(RELEASE)
        if found is None:
            raise FlightError("nothing was released here yet", "describe what happens instead: --scenario TEXT")
        looks = (observations.from_record(seen.record) for seen in Observations(state).of(found.id))
        return recorded.recording(found.id, looks, plans.to_look_at(found, place.plan, os.environ))
    finally:
        state.close()


def of_file(file: Path, plan: Plan) -> Recording:
    """Return the counts in a file. Raises `BadInput`."""
    try:
        return counts_file.recording(file.read_text(encoding="utf-8"), str(file), plan)
    except BadCountsFile as error:
        raise BadInput(error.what, error.do, **error.details) from error
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"{file} cannot be read: {why}", "name a file of counts, CSV or JSON Lines") from error


@dataclass(frozen=True)
class Asked:
    """What is asked of Prometheus: by name, for a service and its versions, from when until when, how often."""

    url: str
    queries: Mapping[str, str]
    service: str
    versions: Mapping[str, Version]
    start: float
    end: float
    step: float


def of_prometheus(asked: Asked) -> Recording:
    """Return what a range of Prometheus says. Raises `SourceUnreachable`."""
    from flightrules import adapters

    source = adapters.module(adapters.METRIC_SOURCES, "prometheus")
    return metric_range.recording(asyncio.run(_series(asked, source)), asked.service, source.shown(asked.url))


async def _series(asked: Asked, source: ModuleType) -> dict[tuple[str, str], Mapping[float, float]]:
    from flightrules.domain.placeholders import tells_versions_apart, values

    over = source.Range(asked.start, asked.end, asked.step)
    series: dict[tuple[str, str], Mapping[float, float]] = {}
    for name, query in asked.queries.items():
        options = source.Options(query=query, url=asked.url)
        parts = asked.versions if tells_versions_apart(query) else {ALL: None}
        for role, version in parts.items():
            series[name, role] = await source.series(options, values(asked.service, version), over)
    return series


def query_of(text: str, plan: Plan) -> tuple[str, str]:
    """Return the name and the query in `NAME=PROMQL`. Raises `BadInput`."""
    name, equals, query = (part.strip() for part in text.partition("="))
    own = [metric.name for metric in plan.metrics if metric.source != "router"]
    known = [metric_range.REQUESTS, metric_range.BAD, *counts_file.PERCENTILES, "error_rate", "availability", *own]
    if not equals or not query:
        raise BadInput(
            f"--query {text}: this is no `NAME=PROMQL`", "write for example requests='sum(http_requests_total)'"
        )
    if name not in known:
        raise BadInput(f"--query: nothing is judged by `{name}`", f"known here: {', '.join(known)}")
    return name, query


def moment(option: str, text: str) -> float:
    """Return a moment in seconds since 1970: such seconds, or a time such as `2026-11-21T14:32`. Raises `BadInput`."""
    try:
        return float(text)
    except ValueError:
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            raise BadInput(f"{option}: `{text}` is no time", "write a time such as 2026-11-21T14:32") from None


def versions(candidate: str, stable: str) -> Mapping[str, Version]:
    """Return the versions by the names that they have in another system; their digests are not known there."""
    return {CANDIDATE: Version(candidate, candidate), STABLE: Version(stable, stable)}
