"""Checks: each asks one question, several at a time, each answer on record."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from flightrules.domain import unset
from flightrules.domain.plan import Check, CommandCheck
from flightrules.engine.run import Run
from flightrules.phases import http_check
from flightrules.ports.commands import Command


@dataclass(frozen=True)
class CheckResult:
    """The answer to one check: whether it passed, in words why not, and the last lines of its output."""

    check: str
    passed: bool
    says: str
    output: tuple[str, ...] = ()


async def carry_out(run: Run, where: str, checks: Sequence[Check]) -> tuple[CheckResult, ...]:
    """Carry out `checks` side by side, as many as there are processors times two; return those that failed.

    A check that was answered before a crash is not asked again.
    """
    slots = asyncio.Semaphore(2 * (os.cpu_count() or 1))
    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(_ask_once(run, where, check, slots)) for check in checks]
    except ExceptionGroup as broken:  # people are told what went wrong, not in how many tasks
        raise broken.exceptions[0] from broken
    return tuple(task.result() for task in asked if not task.result().passed)


async def _ask_once(run: Run, where: str, check: Check, slots: asyncio.Semaphore) -> CheckResult:
    key = f"{where}/checks/{check.name}"
    before = run.recorded(key)
    if before is not None:
        return CheckResult(check.name, before["passed"], before["says"], tuple(before["output"]))
    async with slots:
        result = await _ask(run, key, check)
    run.record("check.ended", key, check=result.check, passed=result.passed, says=result.says, output=result.output)
    return result


async def _ask(run: Run, key: str, check: Check) -> CheckResult:
    if isinstance(check, CommandCheck):
        return await _command(run, key, check)
    return CheckResult(check.name, *await http_check.ask(check, _base(run, check.service), run.clock))


async def _command(run: Run, key: str, check: CommandCheck) -> CheckResult:
    unset.refuse(check.environment.values(), f"ask: {check.name}")
    name = f"{run.id}/{key}"
    command = Command(name, check.run, run.plan.folder, check.within, check.environment)
    ended = await run.commands.run(command)
    if ended.status is None:
        return CheckResult(check.name, False, f"took longer than {check.within:g} s and was ended", ended.output)
    if ended.status < 0:
        return CheckResult(check.name, False, f"was ended by signal {-ended.status}", ended.output)
    return CheckResult(check.name, ended.status == 0, f"exit status {ended.status}", ended.output)


def _base(run: Run, service: str) -> str:
    """Return the address of the router of `service`, or of the first one where the check names none."""
    named = [each for each in run.services if each.name == service] or list(run.services)
    return f"http://{named[0].address}"
