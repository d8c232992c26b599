"""Who wrote and who began a release: nobody approves their own where a second person is asked for."""

from __future__ import annotations

import shlex

from flightrules.engine.run import Run, ServiceRun
from flightrules.ports.commands import Command

WITHIN = 30.0
MOST = 1000
"""Commits that are looked at."""


async def authors(run: Run) -> tuple[str, ...]:
    """Return the logins of who began the release and, of git commits, of who wrote and committed what is new in it.

    They are known by the mail addresses in the team file.
    """
    return tuple(dict.fromkeys((run.asked.by, *(await _of_commit(run)))))


async def _of_commit(run: Run) -> tuple[str, ...]:
    if run.plan.version.kind != "git" or run.plan.team is None:
        return ()
    new = " ".join(_new(each) for each in run.services)
    line = f"git log --max-count={MOST} --format=%ae%n%ce {new}"
    asked = await run.means.commands.run(Command(f"{run.id}/authors", line, run.plan.folder, WITHIN))
    return tuple(person.login for person in run.plan.team.with_address(asked.output)) if asked.status == 0 else ()


def _new(service: ServiceRun) -> str:
    """Return how git is asked for what the candidate has and stable has not; its own commit where nothing served."""
    candidate = shlex.quote(service.candidate.digest)
    before = shlex.quote("^" + service.stable.digest) if service.stable else f"{candidate}^!"
    return f"{candidate} {before}" if service.stable else before
