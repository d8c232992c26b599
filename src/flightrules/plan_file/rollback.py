"""Reads `rollback`: how the way back goes, and what is asked of what serves after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flightrules.domain.checks import Check
from flightrules.domain.plan import Plan
from flightrules.domain.severities import Severity
from flightrules.plan_file import values
from flightrules.plan_file.checks import Around, read_verification
from flightrules.plan_file.comprehensive import Known, after_a_way_back, everything
from flightrules.plan_file.severities import read_severities
from flightrules.plan_file.values import Slot
from flightrules.plan_file.vocabulary import ROLLBACK


@dataclass(frozen=True)
class Back:
    """What is agreed about the way back. `verify` is None where nothing is said; times are in seconds."""

    within: float = Plan.rollback_within
    verify: tuple[Check, ...] | None = None
    monitor: float = Plan.monitored
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def agreed(self, verify: tuple[Check, ...]) -> dict[str, Any]:
        """Return the fields of the plan; `verify` is what it asks after a rollout."""
        asked = after_a_way_back(verify) if self.verify is None else self.verify
        agreed = {"rollback_within": self.within, "verify_back": asked, "monitored": self.monitor}
        return {**agreed, "severities": self.severities}


def read_rollback(slot: Slot, around: Around, known: Known) -> Back | None:
    """Return what is agreed about the way back."""
    fields = values.fields(slot, ROLLBACK)
    if fields is None:
        return None
    within = fields.read_or("within", values.duration, Back.within)
    verify = fields.read("verify", lambda inner: read_verification(inner, around, lambda: everything(known)))
    monitor = fields.read_or("monitor", values.duration, Back.monitor)
    for each in verify or ():
        if each.kind == "sign_off":
            fields.complain("verify", f"{each.name}: nobody signs anything after a way back", "ask a machine")
    severities = fields.read("severities", lambda inner: read_severities(inner, around.refuse_role)) or {}
    return Back(within, verify, monitor, severities)
