"""Gates: what must be true before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping

from flightrules.domain.checks import Check
from flightrules.domain.errors import GateFailed
from flightrules.engine.run import Run
from flightrules.phases import askable, checks, deployment_day


async def require(run: Run, gates: Mapping[str, tuple[Check, ...]]) -> None:
    """Open every gate, section by section. Raises `GateFailed` with every check that failed in a section.

    What a check needs is looked for first, of those after the rollout too: that it is missing must not be found out
    when the candidate has all the traffic.
    """
    await deployment_day.begins(run, "gates")
    if any(askable.needs(check) for check in _all(run)):
        await run.step("tools", lambda: _tools(run))
    for section, wanted in gates.items():
        await run.step(f"gates/{section}", lambda s=section, w=wanted: _open(run, s, w))  # type: ignore[misc]


def _all(run: Run) -> list[Check]:
    plan = run.plan
    wanted = [check for checks in (*plan.gates.values(), plan.verify, plan.verify_back) for check in checks]
    return [check for check in wanted if check.mandatory and not check.not_applicable]


async def _tools(run: Run) -> dict[str, int]:
    lacking = {check.name: why for check in _all(run) if (why := askable.lacking(check))}
    if lacking:
        told = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        raise GateFailed(f"what checks need is not here: {told}", "install it where `flight` runs; nothing was changed")
    return {"checks": len(_all(run))}


async def _open(run: Run, section: str, wanted: tuple[Check, ...]) -> dict[str, int]:
    results = await checks.carry_out(run, f"gates/{section}", wanted)
    shut = [result for result in results if result.blocks]
    if shut:
        raise GateFailed(
            f"the gate {section} did not open: {checks.in_words(shut)}",
            "nothing was changed; mend what failed and run the release again",
            log=[line for result in shut for line in result.output],
        )
    return checks.summary(results)
