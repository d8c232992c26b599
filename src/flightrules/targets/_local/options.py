"""What a plan may say about a service that runs on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from flightrules.ports.options import USED_LATE, Duration, Secret, Size
from flightrules.ports.target import TargetOptions


def _as_text(value: Any) -> Any:
    """Take `WORKERS: 4` for the text that an environment can hold; what is ambiguous (`yes`) is refused later."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class Health(BaseModel):
    """How to tell that an instance can serve: by an HTTP path, or by its port being open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    http: Annotated[str | None, Field(pattern="^/", description="A path that answers 2xx when the instance can serve")]
    http = None
    tcp: Annotated[Literal[True] | None, Field(description="The port accepts connections (where there is no HTTP)")]
    tcp = None
    within: Annotated[Duration, Field(description="How long an instance may take to become healthy")] = 30.0
    each: Annotated[Duration, Field(gt=0, description="How long one look may take")] = 1.0

    @model_validator(mode="after")
    def _one_way(self) -> Health:
        if (self.http is None) == (self.tcp is None):
            raise ValueError("say how health is seen, in one way: `http: /health` or `tcp: true`")
        return self


class Log(BaseModel):
    """How much of what an instance writes is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[Size, Field(description="At this size a log is rotated")] = 10 * 1024 * 1024
    copies: Annotated[int, Field(ge=0, le=100, description="How many rotated logs are kept beside the current")] = 3


class Options(TargetOptions):
    """Options of `kind: local`."""

    start: Annotated[
        str,
        Field(
            min_length=1,
            description="The command that starts an instance, with $PORT in it",
            json_schema_extra=USED_LATE,
        ),
    ]
    health: Annotated[Health, Field(description="How to tell that an instance can serve")]
    build: Annotated[
        str | None,
        Field(
            description="Makes a version ready, in its directory; the plan lies in $PLAN_FOLDER",
            json_schema_extra=USED_LATE,
        ),
    ] = None
    build_within: Annotated[Duration, Field(description="How long a build may take")] = 600.0
    directory: Annotated[str, Field(description="Where the service lies, from the plan's folder; $version in it")] = "."
    environment: Annotated[
        Mapping[str, Annotated[Secret, BeforeValidator(_as_text)]],
        Field(description="Variables for the build and every instance", json_schema_extra=USED_LATE),
    ] = {}
    stop_within: Annotated[Duration, Field(description="How long an instance may take to end before it is killed")] = 10
    log: Annotated[Log, Field(description="How much of what an instance writes is kept")] = Log()
    keep_builds: Annotated[int, Field(ge=2, description="How many built versions are kept on disk")] = 5
