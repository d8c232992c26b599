"""A ledger that somebody changed by hand: what is new waits for a person, a way back waits for nobody.

Owns only what follows for the release; how the record itself goes on is the ledger's business.
"""

from __future__ import annotations

from flightrules.domain.errors import LedgerBroken
from flightrules.domain.events import BROKEN, Entry
from flightrules.engine.under_way import UnderWay


async def heed(run: UnderWay) -> None:
    """Raise `LedgerBroken` before something new is begun, until a person who was told so resumed.

    A way back goes on; people are told once.
    """
    broken = run.ledger.last(run.id, BROKEN)
    if broken is None:
        return
    what = f"the ledger was changed from outside: {broken.event.data.get('what', 'nobody knows how')}"
    if not run.goes_onward:
        await run.tell(f"{what}; the way back goes on", urgent=True, key=f"ledger/broken/{broken.number}/told")
    elif not _agreed(run, broken):
        raise LedgerBroken(
            what,
            "look at `flight ledger verify`; `flight abort` takes the release back, "
            "`flight resume` goes on, and the break stays on record",
            broken=broken.number,
        )


def _agreed(run: UnderWay, broken: Entry) -> bool:
    """Return whether a person resumed a hold that was about this break, and not about something else."""
    for entry in run.ledger.entries(release=run.id, after=broken.number):
        if entry.event.kind == "release.resumed":
            held = run.recorded((entry.event.key or "").removesuffix("/resumed")) or {}
            if held.get("details", {}).get("broken") == broken.number:
                return True
    return False
