"""What alembic is asked, and how its answers are read. Only lines are made here; somebody else runs them."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from flightrules.domain.errors import MigrationFailed

_LINE = re.compile(r"^(?P<alembic>[^;&|<>]*\balembic\b[^;&|<>]*?)\s+upgrade\s+(?P<target>[\w@.+-]+)\s*$")


@dataclass(frozen=True)
class AlembicLine:
    """A shell line that upgrades: `alembic -c db.ini` and `head`."""

    alembic: str
    target: str

    def asking(self, question: str) -> str:
        """Return the line for a question without arguments: `current`, `heads`."""
        return f"{self.alembic} {question}"

    def history(self, revision: str) -> str:
        """Return the line that lists what comes after `revision`, and that revision itself."""
        span = f"{revision or 'base'}:{self.target}"
        return f"{self.alembic} history -r {shlex.quote(span)}"

    def offline(self, revision: str) -> str:
        """Return the line that prints the SQL from `revision` to the target, and changes nothing."""
        span = f"{revision}:{self.target}" if revision else self.target
        return f"{self.alembic} upgrade {shlex.quote(span)} --sql"


def line(migrate: str | None) -> AlembicLine | None:
    """Return the parts of a `migrate` that is a single upgrade by alembic; None for every other line."""
    found = _LINE.match(migrate.strip()) if migrate else None
    return AlembicLine(found["alembic"], found["target"]) if found else None


def with_own_alembic(environment: Mapping[str, str]) -> str:
    """Return the PATH of `environment`, and at its end the folder with the alembic that `flight` itself uses.

    So `alembic` is found also where nobody put it on the path; a team's own, on the path, goes first.
    """
    return os.pathsep.join(filter(None, (environment.get("PATH", os.defpath), *_own_folders())))


@cache
def _own_folders() -> tuple[str, ...]:
    """Ask the installed package where its program lies: that depends on how it was installed."""
    files = metadata.distribution("alembic").files or ()
    programs = (Path(str(each.locate())) for each in files if each.name == "alembic" and ".." in each.parts)
    return tuple(str(each.parent.resolve()) for each in programs if each.is_file())


def current(printed: str) -> str:
    """Return the revision in what `alembic current` prints; several are joined by commas."""
    return ",".join(_revisions(printed))


def refuse_two_heads(name: str, alembic: AlembicLine, printed: str) -> None:
    """Raise `MigrationFailed` when there are several heads where one is wanted; `printed` is of `alembic heads`."""
    heads = _revisions(printed)
    if len(heads) > 1 and alembic.target == "head":
        raise MigrationFailed(
            f"the migrations of database {name} have {len(heads)} heads: {', '.join(heads)}",
            "Merge them (`alembic merge heads`), or name the one that is meant; nothing was touched.",
        )


def ahead(printed: str, revision: str) -> tuple[str, ...]:
    """Return the revisions in what `alembic history` prints, the first to run first, without the one in force."""
    found = [match[1] for match in re.finditer(r"-> (\w+)", printed)]
    return tuple(one for one in reversed(found) if one not in revision.split(","))


def _revisions(printed: str) -> list[str]:
    return [line.split()[0] for line in printed.splitlines() if re.match(r"^\w+(?: \(|$)", line)]


def unknown_revision(said: str) -> str:
    """Return the revision that the database is at and these migrations do not have, if that is what alembic says."""
    found = re.search(r"Can't locate revision identified by '(\w+)'", said)
    return found[1] if found else ""
