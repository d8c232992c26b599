"""A release whose every word tries to become markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flightrules.report.data import ReportData
from flightrules.report.gathering import gather
from tests.report.a_release import HAPPENED, RELEASE_ROW, entries, looks

HOSTILE = (
    "<script>alert(1)</script> | *x* [a](javascript:x) `b` $body & \"quoted' <img src=x onerror=alert(1)>\n# injected"
)


def hostile_release() -> ReportData:
    """Return a report in which every text that comes from outside is `HOSTILE`."""
    row = replace(
        RELEASE_ROW, plan=HOSTILE, plan_text=HOSTILE, plan_digest=HOSTILE, started_by=HOSTILE, id=HOSTILE,
        kind=HOSTILE,
    )  # fmt: skip
    happened = [(at, kind, HOSTILE, poisoned(data)) for at, kind, _, data in HAPPENED]
    return gather(row, entries(happened), looks())


def poisoned(data: Any) -> Any:
    """Replace every text in `data`, but those on which its meaning hangs."""
    if isinstance(data, dict):
        kept = ("story", "verdict", "procedure", "step", "service")
        return {key: value if key in kept else poisoned(value) for key, value in data.items()}
    return HOSTILE if isinstance(data, str) else data
