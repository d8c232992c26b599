"""Coming back to where the judging of a release stood before a crash, and noting where it stands for the next time.

The looks are the truth: shown to the judges in order, they lead to the same state again. A checkpoint is a shortcut
past those that it covers. One that does not fit, or cannot be read, is left alone, and its looks are shown again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flightrules.domain import observations
from flightrules.domain.errors import FlightError
from flightrules.domain.judging import Judging, made_from
from flightrules.domain.verdict import Finding, Observation
from flightrules.engine.run import Run
from flightrules.phases.moments import Moments
from flightrules.phases.weighing import Weighing
from flightrules.state.checkpoints import Checkpoint

EVERY = 100
"""Looks from one checkpoint to the next: so many are shown again after a crash at most, in a quarter of a second."""

log = logging.getLogger(__name__)


class Unfit(Exception):
    """A checkpoint cannot be gone on from; the text says why."""


class Recalling:
    """The memory of the watch: `judging` stands where `recall` leaves it."""

    def __init__(self, run: Run, judging: Judging, weighing: Weighing, moments: Moments) -> None:
        self._run = run
        self._judging = judging
        self._weighing = weighing
        self._moments = moments
        self._shown = 0
        """Looks since the last checkpoint."""
        self._stored = _NOTHING
        self._findings: tuple[Finding, ...] = ()

    def recall(self) -> tuple[Finding, ...]:
        """Let the judges see every look from before a crash, or take up a checkpoint and let them see the rest.

        What they found was acted on then, but perhaps for the last: that is returned.
        """
        again = self._begun_again()
        for stored in self._run.kept.observations.of(self._run.id, after=self._take_up()):
            look, sight = observations.from_record(stored.record), self._judging.sight
            sight.recall(look, bool(stored.record.get("paused")))
            if (look.stage, look.at) in again:
                sight.stay.begin_again()
            self._moments.not_before(look.at)
            self._findings = sight.found(look)
            self._weighing.keep(stored.number, look)
            self._shown += 1
        return self._findings

    def _begun_again(self) -> set[tuple[str, float]]:
        """Return the visits whose hold a rule made begin again, and at which moments."""
        entries = self._run.ledger.entries(release=self._run.id)
        again = (entry.event.data for entry in entries if entry.event.kind == "stage.began_again")
        return {(data["visit"], data["at"]) for data in again}

    def note(self, number: int, look: Observation, findings: tuple[Finding, ...]) -> None:
        """Note that everything about `look` is done, and store where the judging stands where that is due.

        That is every so many looks, and at the first look of a hold: then nothing of the hold before is needed.
        """
        self._shown += 1
        seen = self._judging.sight.stay.seen
        if self._shown < EVERY and len(seen.looks) > 1:
            return
        settled = seen.settled
        before = self._stored if settled and self._stored.first is settled[0] else _NOTHING
        record = {
            "at": look.at,
            "findings": [observations.finding_to_record(finding) for finding in findings],
            **self._judging.to_record(),
        }
        hold = [observations.to_record(each) for each in settled[before.looks :]]
        self._run.kept.checkpoints.add(self._run.id, number, record, hold, before.number)
        self._stored, self._shown = _Stored(number, settled[0] if settled else None, len(settled)), 0

    def _take_up(self) -> int:
        """Go on from the newest checkpoint that fits; return the number of the last look that it covers, 0 for none."""
        for checkpoint in self._run.kept.checkpoints.newest_first(self._run.id):
            try:
                self._resume(checkpoint)
            except Unfit as why:
                log.warning(
                    "the checkpoint at look %d of release %s is not used: %s; its looks are judged again",
                    checkpoint.look, self._run.id, why,
                )  # fmt: skip
            else:
                return checkpoint.look
        return 0

    def _resume(self, checkpoint: Checkpoint) -> None:
        """Raises `Unfit`."""
        record = checkpoint.record
        if record is None:
            raise Unfit("it is not as it was written")
        if record.get("made_from") != made_from(self._run.plan):
            raise Unfit("another version of flight wrote it, or for another plan")
        try:
            self._go_on_from(checkpoint.look, record)
        except (LookupError, TypeError, ValueError, AttributeError, FlightError) as problem:
            # Its text is as it was written, so only another program that says it is this one can have written it.
            raise Unfit(f"{type(problem).__name__}: {problem}") from problem

    def _go_on_from(self, number: int, record: Mapping[str, Any]) -> None:
        hold = self._run.kept.checkpoints.hold(self._run.id, until=number)
        if hold is None or len(hold) != record["sight"]["stay"]["seen"]["settled"]:
            raise Unfit("looks of its hold are missing")
        since = record["sight"]["window_since"]
        window = () if since is None else self._run.kept.observations.back_to(self._run.id, since, until=number)
        self._judging.resume(
            record,
            window=[observations.from_record(stored.record) for stored in window],
            settled=[observations.from_record(each) for each in hold],
        )
        self._findings = tuple(observations.finding_from_record(each) for each in record["findings"])
        self._moments.not_before(record["at"])
        settled = self._judging.sight.stay.seen.settled
        self._stored = _Stored(number, settled[0] if settled else None, len(settled))


class _Stored:
    """What the last checkpoint holds: up to which look, and how many looks of the hold that begins with `first`."""

    def __init__(self, number: int, first: Observation | None, looks: int) -> None:
        self.number, self.first, self.looks = number, first, looks


_NOTHING = _Stored(0, None, 0)
