"""One service of a release, compared look by look.

First it only watches stable. With the first request of the candidate the comparison begins, and from then on every
look goes into it once. How errors cluster is estimated again as more is seen of stable, since the time that a candidate
takes to start is rarely enough for that; and the test of latency begins as soon as it is known how fast stable answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.comparing.counting import Between, Counting
from flightrules.domain.comparing.outage import fails_both
from flightrules.domain.comparing.silence import Silence
from flightrules.domain.counts import INFINITY, NO_LATENCY, ZERO, merge, merge_latency
from flightrules.domain.observations import (
    counters_from_record,
    counters_to_record,
    histogram_from_record,
    histogram_to_record,
)
from flightrules.domain.sequential.ticks import Arm, BadCounts, Tick
from flightrules.domain.traffic import WHOLE, Share
from flightrules.domain.verdict import Counters, Histogram, Observation

if TYPE_CHECKING:
    from flightrules.domain.sequential.certification import Certification
    from flightrules.domain.sequential.comparison import Comparison
    from flightrules.domain.sequential.overdispersion import Overdispersion

ESTIMATED_AT = (30, 60, 120, 240, 480, 960)
"""Looks at stable after which it is estimated again how its errors cluster; what was found then stays."""


@dataclass(frozen=True)
class Latencies:
    """What both versions were measured to take since the comparison began."""

    candidate: Histogram = NO_LATENCY
    stable: Histogram = NO_LATENCY

    def after(self, between: Between) -> Latencies:
        """Return them with one more increment."""
        return Latencies(
            merge_latency(self.candidate, between.candidate.latency),
            merge_latency(self.stable, between.stable.latency),
        )


class ComparedService:
    """The comparison of one service. Everything in it follows from the looks that it has seen."""

    def __init__(self, service: str, agreed: Agreed) -> None:
        self._agreed = agreed
        self._counting = Counting(service)
        self.alone = ZERO
        """What stable did before the candidate had a request."""
        self._stable: list[tuple[int, int]] = []
        """Requests and bad answers of stable at each look, for as long as clusters are estimated from them; none of an
        outage."""
        self._serving_since: float | None = None
        self._visit = ""
        self._bounds: tuple[float, ...] | None = None
        """Of the buckets that latencies are compared in; None before that, and after it became impossible."""
        self._counts_otherwise = False
        """Whether the router counts latencies in other buckets by now."""
        self.between: Between | None = None
        """What the last look added; None where it added nothing."""
        self.comparison: Comparison | None = None
        self.certification: Certification | None = None
        self.silence = Silence()
        self.clusters: Overdispersion | None = None
        self.latencies = Latencies()
        self.calm_at = 0.0
        """The last look at which nothing spoke against the candidate (seconds since 1970)."""

    def look(self, seen: Observation, share: Share) -> None:
        """Take in one more look; `share` is the candidate's share of the traffic, as it was set."""
        self.between = between = self._counting.after(seen)
        if between is None:
            self.calm_at = self.calm_at or seen.at
            return
        self.silence = self.silence.after(between, share)
        if self.comparison is None and not between.candidate.requests:
            self.alone = merge(self.alone, between.stable)
            self.calm_at = seen.at
        else:
            self._enter(seen.stage if share.basis_points < WHOLE else self._visit)
            self._weigh(between, seen.at)
        self._learn(between)

    def to_record(self) -> dict[str, Any]:
        """Return where it stands after the last look, as data that JSON can hold."""
        return {
            "counting": self._counting.to_record(),
            "alone": counters_to_record(self.alone),
            "stable": [figure for look in self._stable for figure in look],
            "serving_since": self._serving_since,
            "visit": self._visit,
            "bounds": None if self._bounds is None else self._bounds[:-1],  # JSON has no infinity; the last one is it
            "counts_otherwise": self._counts_otherwise,
            "silence": asdict(self.silence),
            "candidate_latency": histogram_to_record(self.latencies.candidate),
            "stable_latency": histogram_to_record(self.latencies.stable),
            "calm_at": self.calm_at,
            "evidence": self._evidence(),
        }

    def _evidence(self) -> dict[str, Any] | None:
        if self.comparison is None or self.certification is None or self.clusters is None:
            return None
        from flightrules.domain.sequential import records

        return {
            "comparison": records.to_record(self.comparison),
            "certification": records.certification_to_record(self.certification),
            "clusters": asdict(self.clusters),
        }

    def resume(self, record: Mapping[str, Any]) -> None:
        """Stand where `to_record` said. The next look that it is shown is the one after."""
        self._counting.resume(record["counting"])
        self.alone = counters_from_record(record["alone"])
        self._stable = list(zip(record["stable"][::2], record["stable"][1::2], strict=True))
        self._serving_since, self._visit = record["serving_since"], record["visit"]
        self._bounds = None if record["bounds"] is None else (*record["bounds"], INFINITY)
        self._counts_otherwise, self.calm_at = record["counts_otherwise"], record["calm_at"]
        self.silence = Silence(**record["silence"])
        measured = (histogram_from_record(record[f"{part}_latency"]) for part in ("candidate", "stable"))
        self.latencies = Latencies(*measured)
        if record["evidence"] is not None:
            self._take_up(record["evidence"])

    def _take_up(self, evidence: Mapping[str, Any]) -> None:
        from flightrules.domain.sequential import records
        from flightrules.domain.sequential.overdispersion import Overdispersion

        self.comparison = records.from_record(evidence["comparison"])
        self.certification = records.certification_from_record(evidence["certification"])
        self.clusters = Overdispersion(**evidence["clusters"])

    def _enter(self, visit: str) -> None:
        """Begin the comparison with the candidate's first request, and a certification with each hold that compares."""
        from flightrules.domain.comparing import setting_up  # loads numpy, which is of no use before

        if self.comparison is None:
            self.clusters = setting_up.clusters(self._stable)
            self.comparison = setting_up.comparison(self._agreed, self.alone, self._phi)
            self._begin_latency()
        if self.certification is None or (visit and visit != self._visit):
            self.certification = setting_up.certification(self._known(), self._phi)
        self._visit = visit or self._visit

    @property
    def _phi(self) -> float:
        assert self.clusters is not None
        return self.clusters.phi

    def _known(self) -> Counters:
        """Return all that stable did so far."""
        if self.comparison is None:
            return self.alone
        total = self.comparison.stable
        return merge(self.alone, Counters(total.requests, total.bad, self.latencies.stable))

    def _begin_latency(self) -> None:
        from flightrules.domain.comparing import setting_up

        assert self.comparison is not None
        begun = setting_up.with_latency(self.comparison, self._known().latency, self._phi)
        if begun is not None:
            self.comparison, self._bounds = begun.comparison, begun.bounds

    def _weigh(self, between: Between, at: float) -> None:
        assert self.comparison is not None and self.certification is not None
        began = at - between.seconds
        self._serving_since = began if self._serving_since is None else self._serving_since
        tick = Tick(self._arm(between.candidate), self._arm(between.stable), began - self._serving_since)
        self.comparison = self.comparison.after(tick)
        self.certification = self.certification.after(tick)
        self.latencies = self.latencies.after(between)
        if self.comparison.log_e <= 0:
            self.calm_at = at

    def _arm(self, counted: Counters) -> Arm:
        return Arm(counted.requests, counted.bad, self._coarse(counted.latency))

    def _coarse(self, latency: Histogram) -> tuple[int, ...]:
        from flightrules.domain.sequential.buckets import coarsened

        if self._bounds is None or not any(latency.counts):
            return ()
        try:
            return coarsened(latency, self._bounds)
        except BadCounts:
            self._bounds, self._counts_otherwise = None, True
            return ()

    def _learn(self, between: Between) -> None:
        """Learn from a look at stable what the next ones are judged by."""
        from flightrules.domain.comparing import setting_up

        if len(self._stable) < ESTIMATED_AT[-1]:
            left_out = fails_both(between, self._stable)
            self._stable.append((0, 0) if left_out else (between.stable.requests, between.stable.bad))
            if self.comparison and self.certification and len(self._stable) in ESTIMATED_AT:
                self.clusters = setting_up.clusters(self._stable)
                self.comparison = setting_up.with_overdispersion(self.comparison, self._phi)
                self.certification = setting_up.recertified(self.certification, self._phi)
        if self.comparison is not None and self._bounds is None and not self._counts_otherwise:
            self._begin_latency()
