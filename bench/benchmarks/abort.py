"""From `flight abort` to no traffic at the candidate, in whole releases that hold at 25 % and at 100 %."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from bench.effort import Effort
from bench.figures import median, percentile
from bench.rows import AtMost, Row
from bench.shop import STAGE, Failed, Shop, shop
from flightrules.testing.traffic_records import Record, between

TITLE = "from `flight abort` to no traffic at the candidate"

ABORTS = 40
PER_SECOND = 200.0
SHARES = ("25%", "100%")
HOLDS = """\
stages:
  - {{stage: {stage}, traffic: {share}, hold: 1h, look: every 1s, pass: error_rate < 1%}}
{full}"""
FULL = "  - {stage: full, traffic: 100%, hold: 1h, look: every 1s, pass: error_rate < 1%}\n"


@dataclass(frozen=True)
class Abort:
    """The moments of one abort, in seconds since 1970."""

    share: str
    release_began: float
    typed: float
    sent: float
    confirmed: float
    release_ended: float


async def measure(effort: Effort) -> Sequence[Row]:
    """Release v2 again and again, abort each release while it holds, and see when v2 answered for the last time."""
    async with shop(_stages(SHARES[0])) as place, place.traffic(PER_SECOND) as traffic:
        aborts = [await _one(place, share) for share in islice(cycle(SHARES), effort.times(ABORTS))]
        await asyncio.sleep(0.5)
        await traffic.stop()
        return judged(aborts, traffic.records())


async def _one(place: Shop, share: str) -> Abort:
    place.agree(_stages(share))
    began = time.time()
    async with place.flight("run", "v2", "--plain") as run:
        release = await place.held(run)
        await asyncio.sleep(0.3)
        typed = time.time()
        await place.carry_out("abort", "--reason", "measuring", "--plain")
        await run.wait()
    (signal,) = _signals(place, release.id)
    return Abort(share, began, typed, signal, _confirmed(place, release.id), time.time())


def _stages(share: str) -> str:
    return HOLDS.format(stage=STAGE, share=share, full="" if share == "100%" else FULL)


def _signals(place: Shop, release: str) -> list[float]:
    """Return when each signal of the release was sent; the numbers of signals go on over all releases."""
    from sqlalchemy import select

    from flightrules.state.tables import signals

    sent = select(signals.c.sent_at).where(signals.c.release == release)
    return list(place.records.state.read(lambda connection: connection.execute(sent).scalars().all()))


def _confirmed(place: Shop, release: str) -> float:
    """Return when the router had confirmed that all traffic is at stable again."""
    entries = list(place.records.ledger.entries(release=release))
    back = next(entry.number for entry in entries if entry.event.kind == "goback.started")
    shifted = [entry.at for entry in entries if entry.event.kind == "traffic.shifted" and entry.number > back]
    if not shifted:
        raise Failed(f"the release went back, but its traffic was not shifted:\n{place.said()}")
    return shifted[0]


def judged(aborts: Sequence[Abort], records: Sequence[Record]) -> list[Row]:
    """Return the rows for these aborts, given what users saw of all of them."""
    last = [_last_answer(abort, records) for abort in aborts]
    gone = [1000 * max(answered - abort.sent, 0.0) for abort, answered in zip(aborts, last, strict=True)]
    confirmed = [1000 * (abort.confirmed - abort.sent) for abort in aborts]
    typed = [1000 * (max(answered, abort.sent) - abort.typed) for abort, answered in zip(aborts, last, strict=True)]
    many = f"{len(aborts)} aborts, half at 25 % and half at 100 %, {PER_SECOND:g} requests/s"
    failed = sum(record.failed for record in records)
    return [
        Row("signal sent → last answer of the candidate, p50", median(gone), "ms", AtMost(250), many),
        Row("signal sent → last answer of the candidate, p99", percentile(gone, 99), "ms", AtMost(600), many),
        Row("signal sent → router confirmed, p50", median(confirmed), "ms", AtMost(250)),
        Row("signal sent → router confirmed, p99", percentile(confirmed, 99), "ms", AtMost(600)),
        Row("Enter pressed → last answer, p50", median(typed), "ms", None, "the command's own start included"),
        Row("failed requests", failed, "requests", AtMost(0), f"of {len(records):,}"),
    ]


def _last_answer(abort: Abort, records: Sequence[Record]) -> float:
    answered = [
        each.ended for each in between(records, abort.release_began, abort.release_ended) if each.version == "v2"
    ]
    if not answered:
        raise Failed("the candidate answered nobody, so nothing can be said of when it stopped answering")
    return max(answered)
