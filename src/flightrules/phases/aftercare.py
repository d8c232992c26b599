"""Aftercare: the candidate is in service and has all the traffic; it is watched until the release is sealed.

Everything that was agreed goes on: the rules stand, people may call the release back, and the way back is the same as
before. Beside the looks, health reports are told and sign-offs fall due. What fails here never decides by itself:
people are asked. Weeks are one step, which picks up from the record and the looks that are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flightrules.domain import severity_words
from flightrules.domain.errors import WatchFailed
from flightrules.domain.figures import duration
from flightrules.domain.plan import WATCH, SignOff, Watch
from flightrules.domain.verdict import Verdict
from flightrules.engine.attention import attended
from flightrules.engine.run import Run
from flightrules.engine.under_way import SEALED
from flightrules.phases import approval, health_reports
from flightrules.phases.approval import Asking
from flightrules.phases.together import together
from flightrules.phases.watching import Watching

Kept = Mapping[str, Any]
"""How the watch ended: `how` (`as agreed`, `all the same`, `superseded`), `by` whom or by what, what is `missing`."""

SUPERSEDED = "superseded"
"""The key of the event that ends the watch because another release is to begin."""

REMIND = 86_400.0
"""Seconds between two reminders of the question at the end."""


class _MakesRoom(Exception):
    """Another release is to begin; the text is the name of its version."""


async def keep(run: Run, watching: Watching) -> Kept | None:
    """Watch the candidate for as long as the plan says, and return how that ended: `how`, `by`, `missing`.

    Without a watch in the plan nothing happens (None). Raises `WatchFailed` where people decide against the release.
    """
    if run.plan.watch is None:
        return None
    agreed = run.plan.watch
    kept: Kept = await run.step("watch/keep", lambda: _keep(run, agreed, watching))
    return kept


async def seal(run: Run, kept: Kept | None) -> None:
    """Put on record that nothing takes the release back any more, with the head of the ledger at that moment."""
    if kept is not None:
        await run.step("watch/seal", lambda: _seal(run, kept))


async def _keep(run: Run, watch: Watch, watching: Watching) -> dict[str, Any]:
    due = [{"after": each.after, "item": item} for each in run.plan.sign_offs for item in each.items]
    began = run.record("watch.started", f"{WATCH}/started", lasts=watch.lasts, sign_offs=due).at
    watching.enter(WATCH, watch.as_stage())
    run.now(watching=True)
    try:
        beside = (lambda: _until_room_is_made(run), lambda: health_reports.go_on(run, watch.reports, began))
        how = await attended(_to_its_end(run, watch, watching, began), *beside)
    except _MakesRoom as other:
        run.settle(severity_words.SUPERSEDED, str(other))
        how = {"how": SUPERSEDED, "by": str(other), "missing": _not_signed(run)}
    finally:
        run.now(watching=False)
    await health_reports.catch_up(run, watch.reports, began)
    return how


async def _until_room_is_made(run: Run) -> None:
    while (superseded := run.recorded(SUPERSEDED)) is None:
        await run.until_news()
    raise _MakesRoom(superseded["by"])


async def _to_its_end(run: Run, watch: Watch, watching: Watching, began: float) -> dict[str, Any]:
    signed = (_signed(run, each, item, began) for each in run.plan.sign_offs for item in each.items)
    over, *_ = await together([_watched(run, watch, watching), *signed])
    against = [*_missed(over or {}), *_refused(run)]
    if not against:
        return {"how": "as agreed", "by": "", "missing": []}
    return await _decided(run, against)


async def _watched(run: Run, watch: Watch, watching: Watching) -> Mapping[str, Any]:
    """Return how the watch ended, `verdict` and `says`, once it has lasted as long as agreed."""
    before = run.recorded(f"{WATCH}/ended")
    if before is not None:
        return before
    while run.situation.paused or run.situation.incident is not None or watching.held < watch.lasts:
        await run.until_news()
    verdict, says = watching.judged(watch.as_stage()) if watch.passes else (Verdict.PASS, "")
    seconds = round(watching.held, 3)
    return run.record("watch.ended", f"{WATCH}/ended", verdict=str(verdict), says=says, seconds=seconds).event.data


async def _signed(run: Run, due: SignOff, item: str, began: float) -> None:
    """Wait until the item falls due, and then until somebody signs or refuses it."""
    key = _key(item)
    if run.recorded(f"{key}/signed") is None:
        await run.clock.sleep(began + due.after - run.clock.now())
        who = " or ".join(due.roles)
        says = f"{item}: due {duration(due.after)} after the release, waits for the signature of {who}"
        given = await approval.answered(run, Asking(key, says, due.roles, item, {}, None, due.remind))
        said = {"item": item, **{name: given[name] for name in ("approved", "by", "role", "reason")}}
        run.record("watch.signed", f"{key}/signed", actor=str(given["by"]), **said)
    signed = run.recorded(f"{key}/signed") or {}
    if not signed["approved"]:
        then = "`flight abort` takes the release back, else it is asked about when the watch is over"
        await run.tell(f"{_refusal(signed)}; {then}", urgent=True, key=f"{key}/refused")


def _key(item: str) -> str:
    return f"{WATCH}/sign-offs/{item}"


def _items(run: Run) -> Sequence[str]:
    return [item for each in run.plan.sign_offs for item in each.items]


def _refused(run: Run) -> list[str]:
    signed = (run.recorded(f"{_key(item)}/signed") for item in _items(run))
    return [_refusal(each) for each in signed if each is not None and not each["approved"]]


def _refusal(signed: Mapping[str, Any]) -> str:
    return f"{signed['item']}: refused by {approval.by(signed)}"


def _not_signed(run: Run) -> list[str]:
    return [item for item in _items(run) if not (run.recorded(f"{_key(item)}/signed") or {}).get("approved")]


def _missed(ended: Mapping[str, Any]) -> list[str]:
    return [] if ended["verdict"] == Verdict.PASS else [str(ended["says"])]


async def _decided(run: Run, against: Sequence[str]) -> dict[str, Any]:
    """Ask whether the release is sealed all the same. Raises `WatchFailed` where it is not."""
    says = (
        f"the watch is over, and not everything is as agreed ({'; '.join(against)}): approving seals the release all "
        "the same, rejecting takes it back"
    )
    roles = tuple(dict.fromkeys(role for each in run.plan.sign_offs for role in each.roles))
    answered = await approval.answered(run, Asking(f"{WATCH}/end", says, roles, remind=REMIND))
    if not answered["approved"]:
        raise WatchFailed(f"the watch did not go as agreed ({'; '.join(against)}), and {approval.by(answered)} decided")
    return {"how": "all the same", "by": answered["by"], "missing": [*against]}


async def _seal(run: Run, kept: Kept) -> None:
    await run.decided()
    entry, head = run.ledger.head()
    run.record("release.sealed", SEALED, entry=entry, hash=head, **kept)
    run.now(sealed=True)
