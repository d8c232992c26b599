"""Checks of databases: each answers, what its kind knows to ask of it holds, and so does every check of its data.

Nothing that is asked can change anything. A claim is a query that returns no row while it is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flightrules.domain.checks import Check
from flightrules.domain.database_plan import DataCheck
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.verdict import Verdict
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.ports.check import Found

KIND = "database"

LONGEST = 60.0
"""Seconds that one question may take."""


@dataclass(frozen=True)
class DatabaseCheck:
    """Asks the database of one check."""

    run: Run
    check: Check

    async def look(self) -> Found:
        """Return whether it answers and is sound. Raises `VariableNotSet`, and `FlightError` where nobody knows."""
        name = self.check.options.database
        each = next((one for one in self.run.databases if one.name == name), None)
        if each is None:
            return Found(f"{name} is no part of this release", verdict=Verdict.UNREACHABLE)
        began = self.run.clock.monotonic()
        try:
            await each.rows("select 1", most=1)
        except DatabaseUnusable as failure:  # what users cannot reach has failed, whatever the reason
            return Found(f"database {name} does not answer: {failure.what}", verdict=Verdict.FAIL)
        seconds = self.run.clock.monotonic() - began
        return await self._sound(each, seconds)

    async def _sound(self, each: DatabaseRun, seconds: float) -> Found:
        claims = tuple(_claims(each))
        wrong = [said for claim in claims if (said := await _wrong(each, claim))]
        evidence = {"database": each.name, "seconds": round(seconds, 4), "asked": [claim.name for claim in claims]}
        if wrong:
            return Found(f"database {each.name}: {'; '.join(wrong)}", evidence=evidence, verdict=Verdict.FAIL)
        also = f" and all {len(claims)} claims about it hold" if len(claims) > 1 else ""
        also = f"; {claims[0].name}" if len(claims) == 1 else also
        says = f"database {each.name} answered in {seconds * 1000:.0f} ms{also}"
        return Found(says, {"time": seconds}, evidence=evidence)


def _claims(each: DatabaseRun) -> Iterator[DataCheck]:
    """Yield what the kind of the database knows to ask of every one, then what the plan asks of this one."""
    yield from (DataCheck(name, sql) for name, sql in each.database.sound)
    yield from each.agreed.checks


async def _wrong(each: DatabaseRun, claim: DataCheck) -> str:
    """Return what speaks against a claim; empty where nothing does. Raises where it could not be asked."""
    try:
        rows = await each.rows(claim.sql, claim.as_role, most=1, within=LONGEST)
    except DatabaseFailed as failure:
        raise DatabaseFailed(f"nobody knows whether {claim.name}: {failure.what}", failure.do) from failure
    return f"it is not so that {claim.name} (returned {', '.join(rows[0])})" if rows else ""
