"""Sign-offs: what only a person can say, given for one version before the release or while it waits.

A signature names who, as what, when and the version's digest. One for another digest is none: it is said that there is
one, and people are asked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from flightrules.checks.sign_off import Options
from flightrules.domain.check_results import CheckResult, not_applicable
from flightrules.domain.checks import Check
from flightrules.domain.errors import NobodyAnswered
from flightrules.domain.events import Entry
from flightrules.domain.verdict import Verdict
from flightrules.engine.run import Run
from flightrules.ledger.ledger import Ledger
from flightrules.phases import approval
from flightrules.phases.approval import Asking
from flightrules.phases.together import together

KIND = "sign_off"
GIVEN = "signature.given"


async def collect(run: Run, where: str, checks: Sequence[Check]) -> tuple[CheckResult, ...]:
    """Wait until every sign-off is given or refused; return the results in order."""
    return tuple(await together(_signed(run, f"{where}/checks/{check.name}", check) for check in checks))


def settled(run: Run, check: Check) -> CheckResult | None:
    """Return what comes of `check` without asking anybody now; None where nobody has signed it for this version."""
    if check.not_applicable:
        return not_applicable(check, run.clock.now())
    signed = given(run.ledger, check, run.version)
    return _result(check, {**signed.event.data, "approved": True}, signed.at) if signed else None


def given(ledger: Ledger, check: Check, digest: str) -> Entry | None:
    """Return the newest signature of `check` for the version with `digest`; None where nobody signed that."""
    return next((each for each in _of(ledger, check) if each.event.version == digest), None)


def for_another(ledger: Ledger, check: Check, digest: str) -> Entry | None:
    """Return the newest signature of `check`, where that is for another version than `digest`."""
    newest = next(iter(_of(ledger, check)), None)
    return newest if newest is not None and newest.event.version != digest else None


def _of(ledger: Ledger, check: Check) -> list[Entry]:
    roles = cast("Options", check.options).roles
    signed = ledger.of_kind(GIVEN)
    return [each for each in signed if each.event.data.get("item") == check.name and each.event.data["role"] in roles]


async def _signed(run: Run, key: str, check: Check) -> CheckResult:
    before = settled(run, check)
    if before is not None:
        return before
    answered = await _answered(run, key, check)
    if answered["approved"]:  # it counts for this version in the next release too
        said = {"item": check.name, **{name: answered[name] for name in ("by", "role", "reason")}}
        run.record(GIVEN, f"{key}/signed", actor=answered["by"], **said)
    return _result(check, answered, run.clock.now())


async def _answered(run: Run, key: str, check: Check) -> Mapping[str, Any]:
    options = cast("Options", check.options)
    says = f"{check.name}: waits for the signature of {' or '.join(options.roles)}"
    other = for_another(run.ledger, check, run.version)
    if other is not None:
        says += f" (that of {other.event.data['by']} was for another version)"
    try:
        return await approval.answered(run, Asking(key, says, options.roles, check.name, {}, None, options.remind))
    except NobodyAnswered as nobody:
        return {"approved": False, "by": "nobody", "role": "", "reason": nobody.what}


def _result(check: Check, answered: Mapping[str, Any], at: float) -> CheckResult:
    """Return what comes of an answer: `approved, by, role, reason`."""
    signed = "signed" if answered["approved"] else "refused"
    verdict = Verdict.PASS if answered["approved"] else Verdict.FAIL
    evidence = {name: answered.get(name, "") for name in ("by", "role", "reason")}
    return CheckResult(check.name, verdict, f"{signed} by {approval.by(answered)}", at, evidence=evidence)
