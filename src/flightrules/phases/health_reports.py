"""Health reports: people are told on schedule how the candidate is doing, as long as the watch lasts.

What a report says is on record before anybody is told, under a name that follows from the schedule: a crash loses none
and tells none twice. Reports that fell due while no process drove the release come as one, over all that time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from flightrules.domain import health, observations
from flightrules.domain.events import Entry
from flightrules.domain.hold_looks import HoldLooks
from flightrules.domain.plan import WATCH, Look
from flightrules.domain.verdict import Observation
from flightrules.engine.run import Run

KIND = "health.reported"
BREATH = 500
"""Looks that are read before anything else gets its turn."""


async def go_on(run: Run, reports: Sequence[Look], began: float) -> None:
    """Tell people of each report when it falls due, for ever; `began` is when the watch did (seconds since 1970)."""
    while True:
        await catch_up(run, reports, began)
        following = next((at for at in health.due(reports) if began + at > run.clock.now()), None)
        if following is None:
            await asyncio.Event().wait()
            return
        await run.clock.sleep(began + following - run.clock.now())


async def catch_up(run: Run, reports: Sequence[Look], began: float) -> None:
    """Tell people what has fallen due and was not told yet."""
    last = run.ledger.last(run.id, KIND)
    if last is not None:  # a crash may have come before anybody was told
        await _tell(run, last)
    passed = list(takewhile(lambda at: began + at <= run.clock.now(), health.due(reports)))
    if passed and (last is None or last.event.data["until"] < passed[-1]):
        await _tell(run, await _report(run, last, passed[-1]))


async def _report(run: Run, last: Entry | None, until: float) -> Entry:
    before = last.event.data if last else {}
    through, looks = await _looks_since(run, before.get("through", 0))
    said: dict[str, Any] = {
        "since": before.get("until", 0.0),
        "until": until,
        "seen": looks[-1].at - looks[0].at if looks else 0.0,
        "through": through,
        "services": [health.of_service(each.name, looks, _of_stable(run)) for each in run.services],
        "rules": _fired(run, since=last.number if last else _beginning(run)),
    }
    return run.record(KIND, f"{WATCH}/reports/{until:.0f}", **said)


async def _tell(run: Run, report: Entry) -> None:
    await run.tell(health.words(report.event.data), urgent=False, key=f"{report.event.key}/told")


async def _looks_since(run: Run, number: int) -> tuple[int, Sequence[Observation]]:
    """Return the number of the last look, and those that matter from the look with `number` on (0: the first)."""
    kept, last = HoldLooks((), run.plan), number
    for read, seen in enumerate(run.kept.observations.of(run.id, WATCH, after=number - 1), 1):
        kept.add(observations.from_record(seen.record))
        last = seen.number
        if read % BREATH == 0:
            await run.clock.sleep(0)
    return last, kept.looks


def _of_stable(run: Run) -> Sequence[Observation]:
    """Return the first look of the release and that of the watch: between them stable had traffic."""
    first, watch = (run.kept.observations.first(run.id, stage) for stage in (None, WATCH))
    return [observations.from_record(seen.record) for seen in (first, watch) if seen is not None]


def _beginning(run: Run) -> int:
    started = run.ledger.find(run.id, f"{WATCH}/started")
    return started.number if started else 0


def _fired(run: Run, since: int) -> dict[str, int]:
    entries = run.ledger.entries(release=run.id, after=since)
    return dict(Counter(str(each.event.data["rule"]) for each in entries if each.event.kind == "rule.fired"))
