"""How the databases of a plan are reached, by a release and by a person, and where their backups lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flightrules import adapters
from flightrules.clocks.system import SystemClock
from flightrules.domain import unset
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.plan import Plan

if TYPE_CHECKING:
    from flightrules.ports.clock import Clock
    from flightrules.ports.commands import Commands
    from flightrules.ports.database import Database
    from flightrules.ports.fence import Fence
    from flightrules.recovery.backups import Backups


@dataclass(frozen=True)
class Worker:
    """How who works with databases names what is made on the way: two at once are never in each other's way."""

    commands: str = "commands"
    work: str = "work"
    scratch: str = "_flight_scratch"


BY_HAND = Worker("commands-by-hand", "by-hand", "_flight_by_hand")
"""A person, perhaps while a release is under way."""


def by_hand(folder: Path, plan: Plan, agreed: DatabasePlan, fence: Fence) -> tuple[Database, Backups]:
    """Return a database of the plan and its backups for a person; `folder` is the state, which need not be there.

    Raises `VariableNotSet`.
    """
    from flightrules.processes.commands import ShellCommands

    clock, folder = SystemClock(), folder.absolute()
    return reached(folder, plan, agreed, ShellCommands(folder / BY_HAND.commands, clock), clock, fence, BY_HAND)


def backups_of(folder: Path, plan: Plan, agreed: DatabasePlan) -> Path:
    """Return the folder with the backups of a database; `folder` is the state."""
    own = agreed.adapter.options.backup.folder
    where = Path(plan.folder) / own if own else folder / "databases" / agreed.name / "backups"
    return where.absolute()  # programs that write there run elsewhere


def reached(
    folder: Path, plan: Plan, agreed: DatabasePlan, commands: Commands, clock: Clock, fence: Fence, worker: Worker
) -> tuple[Database, Backups]:
    """Return a database of the plan and its backups, with the hands of `worker`. Raises `VariableNotSet`."""
    from flightrules.ports.options import texts_in
    from flightrules.recovery.backups import Backups

    options = agreed.adapter.options
    unset.refuse(texts_in(options), f"reach database {agreed.name}")
    database = adapters.module(adapters.DATABASES, agreed.adapter.kind).create(
        options,
        name=agreed.name,
        folder=folder / "databases" / agreed.name / worker.work,
        plan_folder=Path(plan.folder),
        commands=commands,
        clock=clock,
        fence=fence,
    )
    where = backups_of(folder, plan, agreed)
    return database, Backups(agreed.name, where, options.backup, database.copies, clock, scratch=worker.scratch)
