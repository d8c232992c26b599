"""What splits the traffic of a service between its versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.traffic import Routes
from flightrules.domain.verdict import Counters
from flightrules.ports.options import Duration


class RouterOptions(BaseModel):
    """Options that every router has; an adapter derives its own from these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    drain: Annotated[
        Duration, Field(description="How long requests in flight, streams and WebSockets get to end by themselves")
    ] = 30.0


class Router(Protocol):
    """Splits the traffic of one service."""

    async def ensure_running(self) -> None:
        """Start the router if it does not run, adopt it if it does. Raises `RouterUnreachable`."""

    async def set_split(self, routes: Routes) -> None:
        """Make `routes` all there is, and return when the router has confirmed that it is in force.

        Asked again for what is in force, it changes nothing. Raises `NotHealthy` when a version with a share
        is not healthy at this moment, `Fenced` when the lease has passed on, `RouterUnreachable` when the
        router did not confirm in time; in each case the traffic stays as it was.
        """

    async def routes(self) -> Routes | None:
        """Return the routes that are in force now, read from the router itself; None before the first."""

    async def counters(self) -> Mapping[str, Counters]:
        """Return what was counted per version key. Raises `RouterUnreachable`."""

    async def stop(self) -> None:
        """End the router; nothing listens afterwards."""
