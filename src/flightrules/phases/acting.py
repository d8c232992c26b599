"""Acting on what the judges found: warn, page, pause, step back, call back.

Everything here carries a key made of the rule and the look, so that the findings of the last look before a crash
can be acted on again afterwards, and nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flightrules.domain.errors import RuleFired, ShutDown
from flightrules.domain.plan import Action, Do
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import Finding
from flightrules.engine.run import Run

MILDEST_FIRST = list(Do)


class Acting:
    """The hands of the watch. `begin_again` makes the hold that is on count from zero."""

    def __init__(self, run: Run, begin_again: Callable[[], None]) -> None:
        self._run = run
        self._begin_again = begin_again
        self._waiting: tuple[Finding, Action, float] | None = None
        self.stages_are_over = False
        """Set after the last stage: there is no stage left to step back to."""

    async def act_on(self, findings: Sequence[Finding], at: float) -> None:
        """Do what the findings of the look at `at` ask for, the strongest first: it must not wait for the rest.

        Raises `RuleFired` or `ShutDown` where the release is called back.
        """
        asked = [(finding, finding.action) for finding in findings if finding.action is not None]
        for finding, action in sorted(asked, key=lambda each: MILDEST_FIRST.index(each[1].do), reverse=True):
            await self._do(finding, action, at)

    def enter(self) -> None:
        """A hold begins: a step back that had to wait for it is decided now."""
        if self._waiting is not None:
            self._step_back(*self._waiting)
            self._waiting = None

    async def _do(self, finding: Finding, action: Action, at: float) -> None:
        run, key = self._run, _key(finding, at)
        run.record("rule.fired", key, rule=finding.rule_text, says=finding.says, action=str(action))
        if action.do is Do.STEP_BACK and not self.stages_are_over:
            self._step_back(finding, action, at)
            visit = run.situation.visit or key
            await run.tell(f"{action}: {finding.says}", urgent=True, key=f"{visit}/{action}/told")
        elif action.do in (Do.ROLL_BACK, Do.STEP_BACK, Do.SHUT_DOWN):
            raise run.call_back(_failure(finding, action))
        elif action.do is Do.PAUSE:
            self._pause(finding, f"{key}/paused")
            await run.tell(f"paused: {finding.says}", urgent=True, key=f"{key}/told")
        else:
            await run.tell(finding.says, urgent=action.do is Do.PAGE, role=action.to, key=f"{key}/told")

    def _pause(self, finding: Finding, key: str) -> None:
        if self._run.situation.paused or self._run.recorded(key) is not None:
            return
        self._run.record("release.paused", key, why=finding.says)
        self._run.now(paused=True)

    def _step_back(self, finding: Finding, action: Action, at: float) -> None:
        """End the hold that is on; at the stage to step back to, or before it, the hold begins again instead.

        Between two holds it waits for the next one.
        """
        run, now = self._run, self._run.situation
        if now.visit is None:
            self._waiting = finding, action, at
        elif action.to in now.earlier:
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
