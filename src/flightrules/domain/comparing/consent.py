"""What the comparison says at the end of a hold that passes: certified, or underpowered, or no data at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flightrules.domain.comparing import wording
from flightrules.domain.comparing.service import ComparedService
from flightrules.domain.comparing.wording import Names
from flightrules.domain.endings import Ending, For, Waiting
from flightrules.domain.terms import Underpowered, WhenUnderpowered


def given(
    ending: Ending, services: Sequence[tuple[ComparedService, Names]], then: WhenUnderpowered, beyond: float
) -> Ending | Waiting:
    """Return `ending` with what is known of every service; or what the hold goes on waiting for.

    `then` is what the plan wants where the traffic was too little, `beyond` for how many seconds the hold was
    watched longer than it should have been.
    """
    silent = [(service, names) for service, names in services if service.silence.counts]
    if silent:
        return Waiting(For.REQUESTS, "; ".join(wording.silent(service.silence, names) for service, names in silent))
    lacking = [names for service, names in services if not _certified(service)]
    says = "; ".join(_said(service, names) for service, names in services)
    if lacking and (then.do is Underpowered.ASK or (then.do is Underpowered.EXTEND and beyond < then.up_to)):
        return Waiting(For.TRAFFIC, says)
    return replace(ending, says=f"{ending.says}; {says}") if says else ending


def _certified(service: ComparedService) -> bool:
    return service.certification is not None and service.certification.certified


def _said(service: ComparedService, names: Names) -> str:
    if _certified(service):
        return wording.certified(names)
    needed = service.certification.still_needed() if service.certification else None
    return wording.underpowered(needed, names)
