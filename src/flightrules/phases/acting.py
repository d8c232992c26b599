"""Acting on what the judges found: warn, page, pause, step back, declare a severity, call back.

Everything here carries a key made of the rule and the look, so that the findings of the last look before a crash
can be acted on again afterwards, and nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flightrules.domain import consequences
from flightrules.domain.consequences import Consequence
from flightrules.domain.endings import StageOrder
from flightrules.domain.errors import RuleFired, ShutDown
from flightrules.domain.plan import Action, Do
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import Finding
from flightrules.engine.run import Run


class Acting:
    """The hands of the watch. `begin_again` makes the hold that is on count from zero."""

    def __init__(self, run: Run, order: StageOrder, begin_again: Callable[[], None]) -> None:
        self._run = run
        self._order = order
        self._begin_again = begin_again
        self._waiting: tuple[Finding, Action, float] | None = None

    async def act_on(self, findings: Sequence[Finding], at: float) -> None:
        """Do what the findings of the look at `at` ask for, the strongest first: it must not wait for the rest.

        Raises `RuleFired` or `ShutDown` where the release is called back.
        """
        for finding, action in consequences.strongest_first(findings):
            await self._do(finding, action, at)

    def enter(self) -> None:
        """A hold begins: a step back that had to wait for it is decided now."""
        if self._waiting is not None:
            self._step_back(*self._waiting)
            self._waiting = None

    async def _do(self, finding: Finding, action: Action, at: float) -> None:
        run, key = self._run, _key(finding, at)
        run.record("rule.fired", key, rule=finding.rule_text, says=finding.says, action=str(action))
        match consequences.of(action, run.situation, stages_are_over=self._order.are_over):
            case Consequence.CALL_BACK:
                raise run.call_back(_failure(finding, action))
            case Consequence.PAUSE:
                self._pause(finding, f"{key}/paused")
                await run.tell(f"paused: {finding.says}", urgent=True, key=f"{key}/told")
            case Consequence.DECLARE:
                await self._declare(finding, str(action.to), key, at)
            case Consequence.TELL:
                await run.tell(finding.says, urgent=action.do is Do.PAGE, role=action.to, key=f"{key}/told")
            case _:
                self._step_back(finding, action, at)
                visit = run.situation.visit or key
                await run.tell(f"{action}: {finding.says}", urgent=True, key=f"{visit}/{action}/told")

    async def _declare(self, finding: Finding, level: str, key: str, at: float) -> None:
        """Declare a severity. While one that is as bad is undecided, that one goes on, and people are told of this."""
        run = self._run
        about: dict[str, Any] = {"rule": finding.rule_text, "service": finding.service, "look": at}
        declared = run.declare(level, finding.says, f"{key}/declared", lasted=round(finding.lasted, 3), **about)
        undecided = run.situation.incident
        if declared is None and undecided is not None and undecided.look != at:
            await run.tell(f"{level} as well: {finding.says}", urgent=False, key=f"{key}/told")

    def _pause(self, finding: Finding, key: str) -> None:
        if self._run.situation.paused or self._run.recorded(key) is not None:
            return
        self._run.record("release.paused", key, why=finding.says)
        self._run.now(paused=True)

    def _step_back(self, finding: Finding, action: Action, at: float) -> None:
        run, now = self._run, self._run.situation
        follows = consequences.step_back(action, now)
        if follows is Consequence.WAIT:
            self._waiting = finding, action, at
        elif follows is Consequence.END_HOLD:
            run.record("stage.decided", f"{now.visit}/decided", ask=str(Ask.STEP_BACK), to=action.to, says=finding.says)
            run.now(stage=None)
        else:
            run.record("stage.began_again", f"{_key(finding, at)}/again", visit=now.visit, at=at, says=finding.says)
            self._begin_again()


def _key(finding: Finding, at: float) -> str:
    return f"rules/{finding.rule_text}/{finding.service}/{at:.3f}"


def _failure(finding: Finding, action: Action) -> RuleFired | ShutDown:
    details: dict[str, Any] = {
        "rule": finding.rule_text,
        "service": finding.service,
        "detect_seconds": round(finding.lasted, 3),
    }
    return (ShutDown if action.do is Do.SHUT_DOWN else RuleFired)(finding.says, **details)
