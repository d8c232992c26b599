"""Reads `rollback`: how the way back goes, and what is asked of what serves after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flightrules.domain.checks import Check
from flightrules.domain.plan import Plan
from flightrules.plan_file import values
from flightrules.plan_file.checks import Around, read_verification
from flightrules.plan_file.comprehensive import Known, after_a_way_back, everything
from flightrules.plan_file.values import Slot
from flightrules.plan_file.vocabulary import ROLLBACK


@dataclass(frozen=True)
class Back:
    """What is agreed about the way back. `verify` is None where nothing is said; times are in seconds."""

    within: float = Plan.rollback_within
    verify: tuple[Check, ...] | None = None
    monitor: float = Plan.monitored

    def agreed(self, verify: tuple[Check, ...]) -> dict[str, Any]:
        """Return the fields of the plan; `verify` is what it asks after a rollout."""
        asked = after_a_way_back(verify) if self.verify is None else self.verify
        return {"rollback_within": self.within, "verify_back": asked, "monitored": self.monitor}


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
    return Back(within, verify, monitor)
