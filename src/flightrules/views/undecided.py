"""The severity that was declared and is not decided, as the events of a release tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flightrules.domain.plan import Plan
from flightrules.domain.severities import AskPeople
from flightrules.views.model import SeverityView


def declared(plan: Plan, data: Mapping[str, Any], at: float) -> SeverityView:
    """Return the severity that was declared at the moment `at` (seconds since 1970), with the record `data`."""
    agreed = plan.severities.get(data["level"])
    until = at + agreed.watch if agreed and agreed.watch else None
    return SeverityView(data["level"], data["says"], data["follows"], at, until, asked=False)


def asked(severity: SeverityView, plan: Plan, at: float) -> SeverityView:
    """Return the severity as it stands once people are asked about it, at the moment `at`."""
    agreed = plan.severities.get(severity.level)
    until = at + agreed.then.within if agreed and isinstance(agreed.then, AskPeople) else None
    return replace(severity, until=until, asked=True)


def is_about_one(question: str) -> bool:
    """Return whether the question with this key in the record asks what becomes of a severity."""
    return question.startswith("severities/")


def until_then(severity: SeverityView) -> str:
    """Return what follows while it is undecided, whatever else goes on."""
    return f"the candidate gets no more traffic before {severity.level} is decided: {severity.follows}"
