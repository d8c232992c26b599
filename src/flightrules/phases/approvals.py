"""Approvals: people who have to agree before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flightrules.domain.errors import ApprovalRefused, NobodyAnswered
from flightrules.domain.people import Approval
from flightrules.engine.run import Run
from flightrules.phases import approval, deployment_day
from flightrules.phases.approval import Asking
from flightrules.phases.authors import authors
from flightrules.phases.together import together

NOT_THE_AUTHOR = "who wrote or began the release cannot approve it"
ONCE = "has approved already, and a second person is asked for"


async def collect(run: Run, approvals: Sequence[Approval]) -> None:
    """Wait until everybody has approved. Raises `ApprovalRefused` when somebody rejects, or nobody answers in time."""
    await deployment_day.begins(run, "approvals")
    for number, agreed in enumerate(approvals, 1):
        await run.step(f"approvals/{number}", partial(_collect, run, number, agreed))


async def _collect(run: Run, number: int, agreed: Approval) -> dict[str, list[str]]:
    barred = dict.fromkeys(await authors(run), NOT_THE_AUTHOR) if agreed.not_author else {}
    groups = [(role,) for role in agreed.roles] if agreed.every else [agreed.roles]
    said = await together(_by_different_people(run, f"approvals/{number}", agreed, roles, barred) for roles in groups)
    return {"approved": [name for names in said for name in names]}


async def _by_different_people(
    run: Run, where: str, agreed: Approval, roles: Sequence[str], barred: Mapping[str, str]
) -> list[str]:
    """Return the logins of those who approved: as many different people as agreed."""
    said: list[str] = []
    for seat in range(1, agreed.of + 1):
        asking = _asking(run, where, agreed, roles, {**barred, **dict.fromkeys(said, ONCE)}, seat)
        said.append((await _approved(run, asking))["by"])
    return said


def _asking(
    run: Run, where: str, agreed: Approval, roles: Sequence[str], barred: Mapping[str, str], seat: int
) -> Asking:
    seats = f" ({seat} of {agreed.of})" if agreed.of > 1 else ""
    says = f"the release of {run.services[0].candidate} waits for the approval of {' or '.join(roles)}{seats}"
    key = f"{where}/{'+'.join(roles)}/{seat}"
    return Asking(key, says, roles, barred=barred, within=agreed.within, remind=agreed.remind)


async def _approved(run: Run, asking: Asking) -> Mapping[str, Any]:
    try:
        answered = await approval.answered(run, asking)
    except NobodyAnswered as nobody:
        raise ApprovalRefused(nobody.what, "release again when they are there") from nobody
    if not answered["approved"]:
        raise ApprovalRefused(f"rejected by {approval.by(answered)}", "mend what they named, and release again")
    return answered
