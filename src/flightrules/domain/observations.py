"""Observations, what a router counted, and findings as JSON-ready data and back, without loss.

The record is what a release is rebuilt from after a crash; so a field may be added, never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flightrules.domain.counts import INFINITY
from flightrules.domain.plan import Action, Do
from flightrules.domain.verdict import Counters, Finding, Histogram, Observation, Reading, Verdict

Record = dict[str, Any]


def to_record(seen: Observation) -> Record:
    """Return `seen` as data that JSON can hold; no value in it is NaN or infinite."""
    return {
        "at": seen.at,
        "stage": seen.stage,
        "interval": seen.interval,
        "roles": {service: dict(parts) for service, parts in seen.roles.items()},
        "names": dict(seen.names),
        "readings": [_reading_record(reading) for reading in seen.readings],
        "counters": {
            service: {key: counters_to_record(counted) for key, counted in versions.items()}
            for service, versions in seen.counters.items()
        },
    }


def from_record(record: Mapping[str, Any]) -> Observation:
    """Return the observation that `to_record` wrote."""
    return Observation(
        at=record["at"],
        stage=record["stage"],
        interval=record["interval"],
        roles=record["roles"],
        names=record["names"],
        readings=tuple(_reading(reading) for reading in record["readings"]),
        counters={
            service: {key: counters_from_record(counted) for key, counted in versions.items()}
            for service, versions in record["counters"].items()
        },
    )


def _reading_record(reading: Reading) -> Record:
    # Most readings have neither: a day of looks every second is 86,400 records.
    idle = {"missing": None, "why": "", "requests": None}
    return {name: value for name, value in asdict(reading).items() if name not in idle or value != idle[name]}


def _reading(record: Mapping[str, Any]) -> Reading:
    missing = record.get("missing")
    return Reading(
        metric=record["metric"],
        subject=record["subject"],
        service=record["service"],
        value=record["value"],
        missing=Verdict(missing) if missing else None,
        why=record.get("why", ""),
        requests=record.get("requests"),
    )


def counters_to_record(counted: Counters) -> Record:
    """Return `counted` as data that JSON can hold."""
    return {
        "requests": counted.requests,
        "bad": counted.bad,
        "in_flight": counted.in_flight,
        **histogram_to_record(counted.latency),
    }


def counters_from_record(record: Mapping[str, Any]) -> Counters:
    """Return the counters that `counters_to_record` wrote."""
    return Counters(
        requests=record["requests"],
        bad=record["bad"],
        in_flight=record["in_flight"],
        latency=histogram_from_record(record),
    )


def histogram_to_record(latency: Histogram) -> Record:
    """Return `latency` as data that JSON can hold."""
    # JSON has no infinity; the last bound always is it, so it is left out.
    return {"bounds": list(latency.bounds[:-1]), "counts": list(latency.counts)}


def histogram_from_record(record: Mapping[str, Any]) -> Histogram:
    """Return the histogram that `histogram_to_record` wrote."""
    return Histogram((*record["bounds"], INFINITY), tuple(record["counts"]))


def finding_to_record(finding: Finding) -> Record:
    """Return `finding` as data that JSON can hold."""
    action = {"do": finding.action.do.value, "to": finding.action.to} if finding.action else None
    return {**asdict(finding), "verdict": finding.verdict.value, "action": action}


def finding_from_record(record: Mapping[str, Any]) -> Finding:
    """Return the finding that `finding_to_record` wrote."""
    action = record["action"]
    return Finding(
        judge=record["judge"],
        verdict=Verdict(record["verdict"]),
        says=record["says"],
        action=Action(Do(action["do"]), action["to"]) if action else None,
        rule_text=record["rule_text"],
        service=record["service"],
        lasted=record["lasted"],
    )
