"""Traffic split by Envoy, as a child that outlives us. See docs/reference/routers/envoy.md."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from flightrules.ports.clock import Clock
from flightrules.ports.fence import Fence
from flightrules.ports.options import Duration
from flightrules.ports.processes import Processes
from flightrules.ports.router import Router, RouterOptions

ADDRESS = re.compile(r"(?P<host>[\d.]+|\[[0-9a-fA-F:.]+\]):(?P<port>\d{1,5})")


class Options(RouterOptions):
    """What a plan can say under `traffic:` with `kind: envoy`."""

    listen: Annotated[str, Field(description="Where users reach the service, `host:port`")]
    health: Annotated[str, Field(description="The path of the health looks; empty: a connection is enough")] = "/health"
    sticky: Annotated[bool, Field(description="Whether a user stays at one version during a release (a cookie)")] = True
    sticky_for: Annotated[Duration, Field(description="How long the sticky cookie lives")] = 14 * 86400.0
    pin_header: Annotated[
        str, Field(description="The header with which a tester chooses a version; empty: there is none")
    ] = "x-flight-version"
    trusted_proxies: Annotated[
        int, Field(ge=0, le=10, description="How many proxies in front are trusted to name the client")
    ] = 0
    patience: Annotated[
        Duration, Field(description="A client that leaves without an answer after this long counts as not answered")
    ] = 1.0
    confirm: Annotated[Duration, Field(gt=0, description="How long Envoy gets to confirm a change")] = 5.0

    @field_validator("listen")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        found = ADDRESS.fullmatch(value.replace("localhost:", "127.0.0.1:"))
        if found is None or not 1 <= int(found["port"]) <= 65535 or not _is_ip(found["host"].strip("[]")):
            raise ValueError(f"{value!r} is not an address to listen on; write e.g. 127.0.0.1:8080 or 0.0.0.0:80")
        return found[0]

    @field_validator("health")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if value and not value.startswith("/"):
            raise ValueError(f"{value!r} is not a path; write e.g. /health")
        return value

    @field_validator("pin_header")
    @classmethod
    def _is_a_header(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9-]+", value):
            raise ValueError(f"{value!r} is not the name of a header; write e.g. x-flight-version")
        return value.lower()


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def create(
    options: Options, *, service: str, folder: Path, processes: Processes, fence: Fence, clock: Clock
) -> Router:  # fmt: skip
    """Return the router of `service`, whose files are in `folder`. Nothing is started or touched yet."""
    from flightrules.routers._envoy.router import EnvoyRouter
    from flightrules.routers._envoy.settings import Settings

    host, _, port = options.listen.rpartition(":")
    settings = Settings(
        service=service,
        folder=folder.absolute(),
        host=host.strip("[]"),
        port=int(port),
        sticky=options.sticky,
        sticky_for=options.sticky_for,
        pin_header=options.pin_header,
        health=options.health,
        trusted_proxies=options.trusted_proxies,
        patience=options.patience,
        confirm=options.confirm,
    )
    return EnvoyRouter(settings, processes, fence, clock)
