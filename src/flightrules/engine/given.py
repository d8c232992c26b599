"""What a release under way is given: what was asked for, where it is kept, and by what means it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flightrules.domain.checks import Check
from flightrules.domain.events import MACHINE
from flightrules.engine.durable import Durable
from flightrules.engine.people import Inbox
from flightrules.ledger.ledger import Ledger
from flightrules.ports.check import Inspection
from flightrules.ports.clock import Clock
from flightrules.ports.commands import Commands
from flightrules.ports.fence import Fence
from flightrules.ports.notifier import Notifier
from flightrules.ports.processes import Processes
from flightrules.state.checkpoints import Checkpoints
from flightrules.state.increments import Increments
from flightrules.state.observations import Observations
from flightrules.state.serving import Serving


@dataclass(frozen=True)
class Asked:
    """What was asked for: the release with this id, and by whom.

    `reason` is why; only what is no release has one. `override_freeze` is why it may begin in a freeze, empty where
    nobody gave a reason.
    """

    release: str
    by: str = MACHINE
    reason: str = ""
    override_freeze: str = ""


@dataclass(frozen=True)
class Kept:
    """What outlives a crash: the record, the results of steps, what the watch saw, what is in service.

    `trouble` returns what is wrong with the disk that holds it all, in words; None when all is well.
    """

    ledger: Ledger
    durable: Durable
    observations: Observations
    increments: Increments
    checkpoints: Checkpoints
    serving: Serving
    trouble: Callable[[], str | None] = lambda: None


@dataclass(frozen=True)
class Means:
    """By what it is carried out, besides the target and the router of each service.

    `processes` are all that run for this state: only what ends all of it needs them. `inspection` makes a check ready
    to be carried out; the text is its name in this state, the same after a crash.
    """

    inbox: Inbox
    fence: Fence
    clock: Clock
    commands: Commands
    processes: Processes
    inspection: Callable[[Check, str], Inspection]
    notifiers: Sequence[Notifier] = ()
