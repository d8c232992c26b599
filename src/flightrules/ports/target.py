"""Where versions of a service run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.traffic import Instance, Version
from flightrules.ports.options import Duration


class TargetOptions(BaseModel):
    """Options that every target has; an adapter derives its own from these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instances: Annotated[int, Field(ge=1, le=100, description="How many copies of a version run")] = 1
    keep_previous: Annotated[
        Duration, Field(description="How long the previous version stays warm after a release")
    ] = 24 * 3600.0


class Target(Protocol):
    """Runs versions of one service. Every effect may be asked for again and then changes nothing.

    `fence` is the lease's token: an adapter hands it to `Fence.check` right before it touches anything.
    """

    async def identify(self, name: str) -> Version:
        """Return the version that people call `name`, with its digest. Raises `UnknownVersion`."""

    async def build(self, version: Version) -> None:
        """Make `version` ready to start, in a place of its own. Raises `BuildFailed`. Cancelling ends the build."""

    async def ensure_running(self, version: Version) -> tuple[Instance, ...]:
        """Start what is missing of `version`, adopt what runs, wait until all are healthy. Raises `NotHealthy`."""

    async def instances(self) -> tuple[Instance, ...]:
        """Return every instance that runs now, of every version, each with its health at this moment."""

    async def stop(self, version: Version) -> None:
        """End every instance of `version`: asked to end, given time, then killed, with all its children."""


class HoldsCode(Protocol):
    """A target that has the files of each version that it built on this machine."""

    def code(self, version: Version) -> Path:
        """Return the folder in which the commands of `version` run. It was built."""


@runtime_checkable
class CanBreak(Protocol):
    """A target that can break a version on purpose, which only a drill asks for."""

    async def break_down(self, version: Version) -> None:
        """Let every instance of `version` look healthy and fail every request, until cancelled."""

    async def kill(self, version: Version) -> int:
        """Kill every instance of `version` as a crash would, and return of how many there were."""
