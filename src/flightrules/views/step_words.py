"""Steps in plain words, from the names under which they are recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping

Versions = Mapping[str, tuple[str, str | None]]
"""By service: the names of candidate and stable."""

Patterns = tuple[tuple[re.Pattern[str], str], ...]
"""Names of steps, each with the sentence about it."""


def patterns(*rows: tuple[str, str]) -> Patterns:
    """Return the rows, their names compiled."""
    return tuple((re.compile(name), sentence) for name, sentence in rows)


_PATTERNS = patterns(
    (r"tools", "looking whether what the checks need is here"),
    (r"gates/(?P<section>.+)", "opening the gate {section}"),
    (r"readiness", "scoring the gates"),
    (r"approvals/.+", "waiting for approval"),
    (r"schedule/.+/begin", "looking at the clock: when the next phase begins"),
    (r"schedule/.+/end", "looking how long the phase took"),
    (r"freeze/.+", "looking whether a freeze is on"),
    (r"start/(?P<service>.+)/stable", "looking whether {stable} serves{of}"),
    (r"start/(?P<service>.+)/build", "building {candidate}{of}"),
    (r"start/(?P<service>.+)/candidate", "starting {candidate}{of}, without traffic"),
    (r"start/baseline", "looking at {stable} alone, before the candidate has traffic"),
    (r"stages/\d+-(?P<stage>.+)/shift/(?P<service>.+)", "moving traffic{of} to stage {stage}"),
    (r"verify", "verifying"),
    (r"in-service/(?P<service>.+)", "putting {candidate}{of} in service"),
    (r"watch/keep", "watching {candidate} in service"),
    (r"watch/seal", "sealing the release"),
    (r"drill/break", "breaking {candidate} on purpose"),
    (r"return/(?P<service>.+)/ready", "making sure that {stable}{of} is healthy"),
    (r"back/(?P<service>.+)/ready", "making sure that {stable}{of} is healthy"),
    (r"back/(?P<service>.+)/shift", "{moving_back}"),
    (r"back/(?P<service>.+)/drain", "letting the requests at {candidate}{of} end"),
    (r"back/(?P<service>.+)/stop", "stopping {candidate}{of}"),
    (r"back/verify", "asking whether all is well after the way back"),
    (r"back/monitor", "watching what serves again"),
    (r"shutdown/(?P<service>.+)/page", "showing the plan's page{of}"),
    (r"shutdown/(?P<service>.+)/drain", "letting the requests in flight{of} end"),
    (r"shutdown/(?P<service>.+)/stop", "stopping every version{of}"),
    (r"database/(?P<database>[^/]+)/look", "looking at database {database}, its tools and the room for backups"),
    (r"database/(?P<database>[^/]+)/look-again", "looking once more at database {database}"),
    (r"database/(?P<database>[^/]+)/pending", "looking what is pending for database {database}"),
    (r"database/(?P<database>[^/]+)/checks-(before|after|back)", "checking the data of database {database}"),
    (r"database/(?P<database>[^/]+)/rows-(after|back)", "counting the rows of database {database}"),
    (r"database/(?P<database>[^/]+)/backup", "backing up database {database}"),
    (r"database/(?P<database>[^/]+)/rehearsal", "rehearsing the migration on a copy of database {database}"),
    (r"database/(?P<database>[^/]+)/migrate", "migrating database {database}"),
    (r"database/(?P<database>[^/]+)/contract/backup", "backing up database {database} as it is now"),
    (r"database/(?P<database>[^/]+)/contract/run", "removing from database {database} what only the old version used"),
    (r"database/(?P<database>[^/]+)/undo", "undoing the migration of database {database}"),
    (r"database/(?P<database>[^/]+)/restore/stop-writes", "stopping all writes into database {database}"),
    (r"database/(?P<database>[^/]+)/restore/backup", "backing up database {database} as it is now"),
    (r"database/(?P<database>[^/]+)/restore/copy", "restoring the old backup beside database {database}"),
    (r"database/(?P<database>[^/]+)/restore/count", "counting what was written into database {database} since then"),
    (r"database/(?P<database>[^/]+)/restore/swap", "putting what was restored in the place of database {database}"),
    (r"down/(?P<service>.+)/router", "stopping the router{of}"),
    (r"down/processes", "ending the supervisor"),
)


def step_words(step: str, versions: Versions) -> str | None:
    """Return what goes on while `step` does; None where the step is told by other events (a hold, a record)."""
    return said_of(step, _PATTERNS, versions)


def said_of(step: str, rows: Patterns, versions: Versions) -> str | None:
    """Return the sentence of the first row that `step` matches, with the names in it."""
    for pattern, sentence in rows:
        found = pattern.fullmatch(step)
        if found:
            return sentence.format(**_names(found, versions))
    return None


def _names(found: re.Match[str], versions: Versions) -> dict[str, str]:
    named = {"section": "", "stage": "", "service": "", "database": "", **found.groupdict()}
    one = next(iter(versions.values())) if len(versions) == 1 else ("the candidate", "stable")
    candidate, stable = versions.get(named["service"], one)
    of = f" of {named['service']}" if len(versions) > 1 else ""
    alone = f"making sure that {candidate}{of} gets no traffic"
    moving_back = f"moving the traffic{of} to {stable}" if stable else alone
    return {**named, "candidate": candidate, "stable": stable or "nothing", "of": of, "moving_back": moving_back}
