"""What `flight` remembers of all releases of a state, opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flightrules.clocks.system import SystemClock
from flightrules.ledger.ledger import Ledger
from flightrules.ports.clock import Clock
from flightrules.state.checkpoints import Checkpoints
from flightrules.state.database import State, open_state
from flightrules.state.inbox import Inbox
from flightrules.state.increments import Increments
from flightrules.state.lease import Lease
from flightrules.state.observations import Observations
from flightrules.state.patience import Tell
from flightrules.state.releases import Releases
from flightrules.state.serving import Serving


@dataclass(frozen=True)
class Records:
    """What `flight` remembers, opened: enough to look at releases and to ask something of one."""

    state: State
    ledger: Ledger
    releases: Releases
    serving: Serving
    inbox: Inbox
    observations: Observations
    increments: Increments
    checkpoints: Checkpoints
    lease: Lease

    @classmethod
    def of(cls, state: State, clock: Clock) -> Records:
        """Return what is remembered in an open `state`."""
        return cls(
            state=state,
            ledger=Ledger(state, clock),
            releases=Releases(state),
            serving=Serving(state),
            inbox=Inbox(state),
            observations=Observations(state),
            increments=Increments(state),
            checkpoints=Checkpoints(state),
            lease=Lease(state),
        )


def open_records(folder: Path, tell: Tell = lambda trouble: None) -> Records:
    """Open the state in `folder`, making it where there is none. Raises `StateUnusable`.

    `tell` gets the words for people when the state cannot be written later, and is waited for.
    """
    clock = SystemClock()
    return Records.of(open_state(folder, clock, tell=tell), clock)
