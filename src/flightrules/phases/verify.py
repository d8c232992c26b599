"""Verification: what must be true once the candidate has all the traffic."""

from __future__ import annotations

from flightrules.domain.checks import Check
from flightrules.domain.errors import NotVerified, VerificationFailed
from flightrules.domain.verdict import Verdict
from flightrules.engine.run import Run
from flightrules.phases import checks, deployment_day


async def require(run: Run, wanted: tuple[Check, ...]) -> None:
    """Carry out every check. Raises `VerificationFailed` with all that failed.

    Where none failed, but one could not look, nobody knows: the release holds.
    """
    await deployment_day.begins(run, "verify")
    if wanted:
        await run.step("verify", lambda: _verify(run, wanted))


async def _verify(run: Run, wanted: tuple[Check, ...]) -> dict[str, int]:
    results = await checks.carry_out(run, "verify", wanted)
    wrong = [result for result in results if result.blocks]
    if any(result.verdict is Verdict.FAIL for result in wrong):
        raise VerificationFailed(f"the verification failed: {checks.in_words(wrong)}")
    if wrong:
        raise NotVerified(
            f"the verification could not be carried out: {checks.in_words(wrong)}",
            "`flight resume` asks again, `flight abort` takes the release back",
        )
    return checks.summary(results)
