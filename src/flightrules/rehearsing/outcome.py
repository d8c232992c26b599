"""What a rehearsal showed: measured from its own record, put into that of production, where a gate asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flightrules.domain.events import REHEARSAL_ENDED, Entry, Event
from flightrules.domain.figures import duration
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Plan
from flightrules.domain.rehearsals import Drill, Rehearsing
from flightrules.ledger.ledger import Ledger
from flightrules.records import Records
from flightrules.rehearsing import left
from flightrules.rehearsing.left import Left
from flightrules.state.releases import Release


@dataclass(frozen=True)
class Showed:
    """What one rehearsal, or drill, showed. Times are in seconds, None where there was nothing to measure.

    `noticed` is from the moment at which the candidate was broken to the decision to go back, in a rehearsal whose
    holds are shorter than agreed; `back` is what the way back itself took, which is never shortened, and `bound` what
    was agreed for it. `held` says whether all was as it should be, `says` why not, in words.
    """

    release: str
    rehearsing: Rehearsing
    version: dict[str, str]
    plan_digest: str
    plan: str
    outcome: str
    seconds: float
    noticed: float | None
    back: float | None
    bound: float | None
    held: bool
    says: str

    def to_record(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**vars(self), "rehearsing": self.rehearsing.to_record()}


def showed(records: Records, production: Ledger, release: Release, plan: Plan) -> Showed:
    """Return what `release` showed, which has ended; `plan` is the one that it was carried out by.

    `production` is the record of production, which tells what staging has and production has not.
    """
    assert plan.rehearsing is not None and release.outcome is not None
    entries = {each.event.kind: each for each in records.ledger.entries(release=release.id)}
    broken, called, ended = (entries.get(kind) for kind in ("drill.began", "release.called_back", "goback.ended"))
    unnoticed = "drill.unnoticed" in entries
    bound = plan.bound(plan.rehearsing.drill)
    back = ended.event.data["total"] if ended else None
    already = left.not_rehearsed(records, production, plan, release.id)
    wrong = _wrong(plan, release, entries, back, bound, already)
    return Showed(
        release=release.id,
        rehearsing=plan.rehearsing,
        version=_version(release),
        plan_digest=release.plan_digest,
        plan=plan.name,
        outcome=release.outcome,
        seconds=round((release.ended_at or 0.0) - release.created_at, 3),
        noticed=round(called.at - broken.at, 3) if broken and called and not unnoticed else None,
        back=back,
        bound=bound if ended else None,
        held=not wrong,
        says=wrong or _right(plan.rehearsing, release.outcome, back, bound, already),
    )


def _version(release: Release) -> dict[str, str]:
    versions: dict[str, str] = next(iter(release.arguments["services"].values()))["candidate"]
    return dict(versions)


def _wrong(
    plan: Plan, release: Release, entries: dict[str, Entry], back: float | None, bound: float, already: Sequence[Left]
) -> str:
    drill = plan.rehearsing and plan.rehearsing.drill
    if drill is None and release.outcome == Outcome.RELEASED:
        return ""
    if drill is None and back is None:
        return f"nothing was carried out: it ended {release.outcome}"
    if "drill.began" not in entries and drill is not None:
        return "it ended before anything was broken"
    if "drill.unnoticed" in entries or back is None:
        return "nothing in the plan noticed that the candidate failed every request"
    if drill is Drill.DATABASE and "migration.ended" not in entries:
        return f"no database was migrated, so none was taken back{_but(already, ': not rehearsed was')}"
    if drill is Drill.DATABASE and not {"migration.undone", "database.restored"} & entries.keys():
        return "the database stayed as the migration had made it, as the plan says, so none was taken back"
    if back > bound:
        return f"the way back took {duration(back)}, longer than the {duration(bound)} that were agreed"
    return "" if drill is not None else f"it was called back, in {duration(back)}{_but(already)}"


def _right(rehearsing: Rehearsing, outcome: str, back: float | None, bound: float, already: Sequence[Left]) -> str:
    if rehearsing.drill is None or back is None:
        return f"the whole plan was carried out{_but(already)}"
    way = "shut down" if rehearsing.drill is Drill.SHUTDOWN else "back"
    return f"{way} in {duration(back)}; agreed are {duration(bound)}{_but(already)}"


def _but(already: Sequence[Left], how: str = "; not rehearsed was") -> str:
    """Return what was not rehearsed since staging had it already, and what to do."""
    return f"{how} {left.in_words(already)}" if already else ""


def put_on_record(production: Ledger, rehearsals: Records, shown: Showed, actor: str) -> None:
    """Put what was shown into the record of production, with the head of the ledger that proves it; once."""
    if _on_record(production, shown.release):
        return
    number, digest = rehearsals.ledger.head()
    data = {**shown.to_record(), "entry": number, "hash": digest}
    production.append(Event(REHEARSAL_ENDED, "", data, actor=actor, version=shown.version["digest"]))


def is_on_record(production: Ledger, release: Release) -> bool:
    """Return whether what `release` showed is in the record of production."""
    return _on_record(production, release.id)


def _on_record(production: Ledger, release: str) -> bool:
    return any(each.event.data.get("release") == release for each in production.of_kind(REHEARSAL_ENDED))
