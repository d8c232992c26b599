"""Readiness: every gate asked, and scored. In a release what was answered is scored; before one everything is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from flightrules.checks.sign_off import Options
from flightrules.domain.agreed_score import AgreedScore
from flightrules.domain.check_results import CheckResult, excuse
from flightrules.domain.checks import Check
from flightrules.domain.errors import GateFailed
from flightrules.domain.people import who_can
from flightrules.domain.readiness import Readiness, assess
from flightrules.domain.verdict import Verdict
from flightrules.engine.run import Run
from flightrules.phases import checks, sign_offs
from flightrules.phases.together import slots, together

Told = Callable[[str, CheckResult], None]
"""Hears of each result as it comes, with the name of its gate."""


async def require(run: Run, agreed: AgreedScore | None) -> None:
    """Score the gates, which are open. Raises `GateFailed` where the score is below what was agreed."""
    if agreed is not None:
        await run.step("readiness", lambda: _score(run, agreed))


async def _score(run: Run, agreed: AgreedScore) -> dict[str, float]:
    answered = {
        section: list(filter(None, (checks.answered(run, f"gates/{section}", check) for check in wanted)))
        for section, wanted in run.plan.gates.items()
    }
    ready = assess(answered, agreed)
    run.record("readiness.assessed", "readiness/assessed", **as_data(ready))
    if not ready.go:
        lacking = "; ".join(f"{result.check}: {result.says}" for _, result in (*ready.blocking, *ready.lacking))
        raise GateFailed(
            f"{ready.why_not}: {lacking}", "nothing was changed; mend what is lacking and run the release again"
        )
    return {"score": ready.score}


async def look(run: Run, told: Told) -> Readiness:
    """Ask every check of every gate now, and nobody: of what people sign, it is said who has and who can.

    The release that `run` stands for has not begun, and nothing of it is recorded.
    """
    room = slots()
    gates = run.plan.gates
    results = iter(
        await together(_ask(run, section, check, room, told) for section, wanted in gates.items() for check in wanted)
    )
    answered = {section: [next(results) for _ in wanted] for section, wanted in gates.items()}
    return assess(answered, run.plan.readiness or AgreedScore())


async def _ask(run: Run, section: str, check: Check, room: asyncio.Semaphore, told: Told) -> CheckResult:
    if check.kind == sign_offs.KIND:
        result = sign_offs.settled(run, check) or _unsigned(run, check)
    else:
        async with room:
            result = await checks.ask(run, f"gates/{section}/checks/{check.name}", check)
    told(section, result)
    return result


def _unsigned(run: Run, check: Check) -> CheckResult:
    now = run.clock.now()
    other = sign_offs.for_another(run.ledger, check, run.version)
    was = f"; {other.event.data['by']} signed it for another version" if other else ""
    able = who_can(run.plan.team, cast("Options", check.options).roles)
    says = f"nobody has signed it; who can: {able}{was}"
    return CheckResult(check.name, Verdict.UNREACHABLE, says, now, excuse(check, now))


def as_data(ready: Readiness) -> dict[str, Any]:
    """Return it JSON-ready, without the results that passed."""
    return {
        "score": ready.score,
        "at_least": ready.terms.at_least,
        "go": ready.go,
        "why_not": ready.why_not,
        "gates": {each.name: {"score": each.score, "weight": each.weight} for each in ready.categories},
        "blocking": [{"gate": gate, "check": each.check, "says": each.says} for gate, each in ready.blocking],
        "lacking": [
            {"gate": gate, "check": each.check, "says": each.says, "excused": each.excused}
            for gate, each in ready.lacking
        ],
    }
