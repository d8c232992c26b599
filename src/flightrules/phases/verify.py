"""Verification: what must be true once the candidate has all the traffic."""

from __future__ import annotations

from flightrules.domain.errors import VerificationFailed
from flightrules.domain.plan import Check
from flightrules.engine.run import Run
from flightrules.phases import checks


async def require(run: Run, wanted: tuple[Check, ...]) -> None:
    """Carry out every check. Raises `VerificationFailed` with all that failed."""
    if wanted:
        await run.step("verify", lambda: _verify(run, wanted))


async def _verify(run: Run, wanted: tuple[Check, ...]) -> dict[str, int]:
    failed = await checks.carry_out(run, "verify", wanted)
    if failed:
        what = "; ".join(f"{result.check}: {result.says}" for result in failed)
        raise VerificationFailed(f"the verification failed: {what}")
    return {"passed": len(wanted)}
