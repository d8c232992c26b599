"""A comparison, and the certification of a hold, as JSON-ready data and back, to exactly the same number.

Floating-point numbers survive JSON bit by bit (Python writes the shortest decimal that reads back as the same one),
so what went through a record continues as if nothing had happened. A field may be added, never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flightrules.domain.sequential.absolute_errors import AbsoluteErrors, AbsoluteErrorsSettings
from flightrules.domain.sequential.certification import Certification, CertificationSettings
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, Concern, Crossing, Total
from flightrules.domain.sequential.latency import Latency, LatencySettings
from flightrules.domain.sequential.relative_errors import RelativeErrors, RelativeErrorsSettings
from flightrules.domain.sequential.wealth import Onset, Wealth

Record = dict[str, Any]


def to_record(comparison: Comparison) -> Record:
    """Return `comparison` as data that JSON can hold."""
    return asdict(comparison)


def from_record(record: Mapping[str, Any]) -> Comparison:
    """Return the comparison that `to_record` wrote."""
    settings = _settings(record["settings"])
    crossing = record["against"]
    return Comparison(
        settings=settings,
        errors=_errors(record["errors"]),
        absolute=_absolute(record["absolute"]),
        latency=_latency(record["latency"], settings.latency),
        candidate=Total(**record["candidate"]),
        stable=Total(**record["stable"]),
        looks=record["looks"],
        peak=record["peak"],
        against=crossing and Crossing(**{**crossing, "concern": Concern(crossing["concern"])}),
    )


def certification_to_record(certification: Certification) -> Record:
    """Return `certification` as data that JSON can hold."""
    return asdict(certification)


def certification_from_record(record: Mapping[str, Any]) -> Certification:
    """Return the certification that `certification_to_record` wrote."""
    changed = {"settings": CertificationSettings(**record["settings"]), "wealth": _wealth(record["wealth"])}
    return Certification(**{**record, **changed})


def _settings(record: Mapping[str, Any]) -> ComparisonSettings:
    return ComparisonSettings(
        errors=_errors_settings(record["errors"]),
        absolute=record["absolute"] and _absolute_settings(record["absolute"]),
        latency=record["latency"] and _latency_settings(record["latency"]),
        false_alarm=record["false_alarm"],
        cold_start=record["cold_start"],
    )


def _errors_settings(record: Mapping[str, Any]) -> RelativeErrorsSettings:
    return RelativeErrorsSettings(**{**record, "onset": Onset(**record["onset"])})


def _absolute_settings(record: Mapping[str, Any]) -> AbsoluteErrorsSettings:
    return AbsoluteErrorsSettings(**{**record, "onset": Onset(**record["onset"])})


def _latency_settings(record: Mapping[str, Any]) -> LatencySettings:
    shares = {
        "baseline_shares": tuple(record["baseline_shares"]),
        "alternatives": tuple(map(tuple, record["alternatives"])),
    }
    return LatencySettings(**{**record, **shares, "onset": Onset(**record["onset"])})


def _wealth(record: Mapping[str, Any]) -> Wealth:
    return Wealth(tuple(record["logs"]), record["spent"])


def _errors(record: Mapping[str, Any]) -> RelativeErrors:
    changed = {"settings": _errors_settings(record["settings"]), "wealth": _wealth(record["wealth"])}
    return RelativeErrors(**{**record, **changed})


def _absolute(record: Mapping[str, Any] | None) -> AbsoluteErrors | None:
    if record is None:
        return None
    return AbsoluteErrors(_absolute_settings(record["settings"]), _wealth(record["wealth"]))


def _latency(record: Mapping[str, Any] | None, settings: LatencySettings | None) -> Latency | None:
    if record is None or settings is None:
        return None
    return Latency(settings, _wealth(record["wealth"]), tuple(record["candidate"]), tuple(record["stable"]))
