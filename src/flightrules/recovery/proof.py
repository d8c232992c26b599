"""Proves a backup: restores it into a scratch database, compares what is in that, and removes the scratch again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from flightrules.domain import fingerprints
from flightrules.domain.database_names import beside
from flightrules.domain.errors import BackupUnusable
from flightrules.domain.fingerprints import Fingerprint
from flightrules.ports.clock import Clock
from flightrules.ports.database import About, Copies
from flightrules.recovery.manifest import Backup, Proof

SCRATCH = "_flight_scratch"
LONGEST_NAME = 52
"""Bytes of a name: PostgreSQL cuts it off after 63, and while a database is made its name is longer by some."""

MOST_SAID = 5


async def prove_by_restore(
    copies: Copies, about: About, data: Path, backup: Backup, clock: Clock, ending: str = SCRATCH
) -> Proof:
    """Return the proof that `data` holds what the database held. Raises `BackupUnusable`; no scratch is left behind.

    `ending` is how the name of the scratch database ends; two that prove at the same time need two of them.
    """
    scratch = beside(about.name, ending, LONGEST_NAME)
    await copies.drop(scratch)
    began = clock.monotonic()
    try:
        await copies.restore(data, scratch)
        seconds = clock.monotonic() - began
        found = await copies.fingerprint(scratch)
    finally:
        await asyncio.shield(copies.drop(scratch))
    wrong = fingerprints.differences(backup.content, found)
    if wrong:
        more = f", and {len(wrong) - MOST_SAID} more" if len(wrong) > MOST_SAID else ""
        raise BackupUnusable(
            f"backup {backup.id} of database {backup.database} does not hold what the database held: "
            f"{'; '.join(wrong[:MOST_SAID])}{more}",
            "Do not rely on it. Look for trouble with the disk and in the server's log, and take another one.",
        )
    return Proof(clock.now(), seconds, compared(backup.content, found))


def compared(held: Fingerprint, found: Fingerprint) -> str:
    """Return in words what two fingerprints let compare."""
    return "schema, rows and checksums" if held.complete and found.complete else "row counts alone"
