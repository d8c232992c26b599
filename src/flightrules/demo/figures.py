"""What came of a release, as its users saw it: from the view of the release and the records of the traffic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flightrules.testing import traffic_records
from flightrules.testing.traffic_records import Record
from flightrules.views.model import ReleaseView, StageStatus


@dataclass(frozen=True)
class StageFigures:
    """One stage: `share` in percent; `seconds` None where it was not reached, `verdict` then says so (`skipped`)."""

    name: str
    share: float
    seconds: float | None
    verdict: str


@dataclass(frozen=True)
class Figures:
    """One release. The seconds from the first bad answer on are None where no answer was bad.

    `acknowledged_writes` are the orders that users were told to have placed while it was under way; `lost_writes` are
    those of them that were nowhere to be found at the end of the demo.
    """

    version: str
    outcome: str
    seconds: float
    seconds_from_first_bad_answer_to_zero_traffic: float | None
    requests: int
    failed_requests: int
    failed_requests_not_answered_by_candidate: int
    acknowledged_writes: int
    lost_writes: int
    stages: tuple[StageFigures, ...]


def figures(view: ReleaseView, records: Sequence[Record], kept: Collection[str]) -> Figures:
    """Return the figures of a release that has ended, from the traffic while it was under way.

    `kept` are the references of all orders that there are at the end.
    """
    version = view.services[0].candidate
    seen = traffic_records.between(records, view.started_at, view.started_at + view.elapsed)
    acknowledged = traffic_records.acknowledged_orders(seen)
    return Figures(
        version=version,
        outcome=view.outcome or "",
        seconds=round(view.elapsed, 3),
        seconds_from_first_bad_answer_to_zero_traffic=_until_zero(seen, version),
        requests=len(seen),
        failed_requests=traffic_records.failed(seen),
        failed_requests_not_answered_by_candidate=traffic_records.failed_elsewhere(seen, version),
        acknowledged_writes=len(acknowledged),
        lost_writes=len(lost(acknowledged, kept)),
        stages=tuple(
            StageFigures(stage.name, stage.share, stage.seconds, _verdict(stage.verdict, stage.status))
            for stage in view.stages
        ),
    )


def lost(acknowledged: Sequence[str], kept: Collection[str]) -> list[str]:
    """Return the orders that users were told to have placed, and that are nowhere."""
    return [order for order in acknowledged if order not in kept]


def _verdict(verdict: str | None, status: StageStatus) -> str:
    """Return what the stage came to; a stage without a verdict of its own says what became of it instead."""
    return str(status) if verdict is None or status is StageStatus.CALLED_BACK else verdict


def _until_zero(seen: Sequence[Record], version: str) -> float | None:
    """Return the seconds from the end of the first bad answer to the start of the last request to `version`."""
    bad, last = traffic_records.first_bad_answer(seen), traffic_records.last_sent_to(seen, version)
    return None if bad is None or last is None else round(max(0.0, last - bad), 3)
