"""Checks: each asks one question, several at a time, each answer on record with what was found."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from flightrules.domain.check_results import CheckResult, excuse, judged, not_applicable, waiver_words
from flightrules.domain.checks import Check
from flightrules.domain.errors import FlightError, VariableNotSet
from flightrules.domain.figures import duration
from flightrules.domain.verdict import Verdict
from flightrules.engine.run import Run
from flightrules.phases import database_checks, metric_checks, rehearsal_checks, sign_offs
from flightrules.phases.together import slots, together
from flightrules.ports.check import Found, Inspection


async def carry_out(run: Run, where: str, checks: Sequence[Check]) -> tuple[CheckResult, ...]:
    """Carry out `checks`; return their results, those of machines first.

    Machines are asked side by side, as many as there are processors times two. People are only asked once no machine
    has anything against it: nobody is woken for a release that cannot begin. A check that was answered before a crash
    is not asked again.
    """
    automatic = await _automatic(run, where, [each for each in checks if each.kind != sign_offs.KIND])
    for_people = [each for each in checks if each.kind == sign_offs.KIND]
    if any(result.blocks for result in automatic) or not for_people:
        return automatic
    signed = await sign_offs.collect(run, where, for_people)
    for result in signed:
        _record(run, f"{where}/checks/{result.check}", result)
    return (*automatic, *signed)


async def _automatic(run: Run, where: str, checks: Sequence[Check]) -> tuple[CheckResult, ...]:
    room = slots()
    return tuple(await together(_ask_once(run, where, check, room) for check in checks))


def in_words(results: Sequence[CheckResult]) -> str:
    """Return what was wrong with each of `results`, in a line."""
    return "; ".join(f"{result.check}: {result.says}" for result in results)


def summary(results: Sequence[CheckResult]) -> dict[str, int]:
    """Return how many passed and how many were excused, for the record."""
    excused = sum(1 for result in results if not result.passed)
    return {"passed": len(results) - excused, **({"excused": excused} if excused else {})}


async def _ask_once(run: Run, where: str, check: Check, room: asyncio.Semaphore) -> CheckResult:
    before = answered(run, where, check)
    if before is not None:
        return before
    key = f"{where}/checks/{check.name}"
    async with room:
        result = await ask(run, key, check)
    _record(run, key, result)
    return result


def answered(run: Run, where: str, check: Check) -> CheckResult | None:
    """Return what was answered to `check` earlier in this release; None where nothing that settles it was."""
    data = run.recorded(f"{where}/checks/{check.name}")
    if data is None:
        return None
    verdict = Verdict(data["verdict"]) if "verdict" in data else Verdict.PASS if data["passed"] else Verdict.FAIL
    return CheckResult(
        data["check"], verdict, data["says"], data.get("at", 0.0), data.get("excused", ""), tuple(data["output"]),
        data.get("evidence", {}),
    )  # fmt: skip


def _record(run: Run, key: str, result: CheckResult) -> None:
    # What could not be asked is asked again when the release goes on; every other answer is given once.
    settled = not result.blocks or result.verdict is Verdict.FAIL
    run.record(
        "check.ended",
        key if settled else None,
        check=result.check,
        passed=result.passed,
        verdict=str(result.verdict),
        says=result.says,
        excused=result.excused,
        output=result.output,
        evidence=dict(result.evidence),
        at=round(result.asked_at, 3),
    )


async def ask(run: Run, key: str, check: Check) -> CheckResult:
    """Return what comes of asking `check` now, without secrets.

    Raises `VariableNotSet` where it needs a variable without a value.
    """
    if check.not_applicable:
        return not_applicable(check, run.clock.now())
    return _presentable(run, await _asked(run, key, check))


def _presentable(run: Run, result: CheckResult) -> CheckResult:
    shown = {"says": result.says, "output": result.output, "evidence": result.evidence}
    hidden = run.ledger.presentable(shown)
    return replace(result, says=hidden["says"], output=tuple(hidden["output"]), evidence=hidden["evidence"])


async def _asked(run: Run, key: str, check: Check) -> CheckResult:
    now = run.clock.now()
    found = await _found(run, key, check)
    verdict, wrong = judged(check.expects, found.values) if found.verdict is None else (found.verdict, ())
    says = f"{'; '.join(wrong)} ({found.says})" if wrong else found.says
    if verdict is Verdict.PASS:
        return CheckResult(check.name, verdict, says, now, output=found.output, evidence=found.evidence)
    says = "; ".join(filter(None, (says, waiver_words(check, now))))
    return CheckResult(check.name, verdict, says, now, excuse(check, now), found.output, found.evidence)


async def _found(run: Run, key: str, check: Check) -> Found:
    """Return what the check found; that it could not look, or broke, is found too."""
    inspection = _inspection(run, key, check)
    try:
        if getattr(inspection, "keeps_time", False):
            return await inspection.look()
        return await _in_time(run, check, inspection)
    except VariableNotSet:
        raise
    except FlightError as error:
        return Found(error.what, verdict=Verdict.UNREACHABLE)


def _inspection(run: Run, key: str, check: Check) -> Inspection:
    if check.kind == metric_checks.KIND:
        return metric_checks.MetricCheck(run, check, metric_checks.role_at(key))
    if check.kind == rehearsal_checks.KIND:
        return rehearsal_checks.RehearsalCheck(run, check)
    if check.kind == database_checks.KIND:
        return database_checks.DatabaseCheck(run, check)
    return run.means.inspection(check, f"{run.id}/{key}")


async def _in_time(run: Run, check: Check, inspection: Inspection) -> Found:
    looking = asyncio.ensure_future(inspection.look())
    time_over = asyncio.ensure_future(run.clock.sleep(check.within))
    try:
        await asyncio.wait({looking, time_over}, return_when=asyncio.FIRST_COMPLETED)
        if not looking.done():
            return Found(f"took longer than {duration(check.within)} and was ended", verdict=Verdict.UNREACHABLE)
        return looking.result()
    finally:
        looking.cancel()
        time_over.cancel()
        await asyncio.gather(looking, time_over, return_exceptions=True)
