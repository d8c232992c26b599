"""Which version of each service is in service, and which ones were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, desc, select

from flightrules.domain.traffic import Version
from flightrules.state.database import State
from flightrules.state.tables import deployments


@dataclass(frozen=True)
class Deployment:
    """A version that was made stable by `release`, and when it was replaced; None while it serves."""

    service: str
    version: Version
    since: float
    release: str
    ended_at: float | None


class Serving:
    """What serves, by service."""

    def __init__(self, state: State) -> None:
        self._state = state

    def stable(self, service: str) -> Version | None:
        """Return the version that carries the traffic of `service`; None before its first release."""
        found = self._state.read(lambda c: c.execute(_current(service)).first())
        return _deployment(found).version if found else None

    def set_stable(self, service: str, version: Version, release: str) -> None:
        """Record that `version` carries the traffic from now on; asking again changes nothing.

        `release` is the id of a recorded release.
        """
        now = self._state.clock.now()

        def replace(connection: Connection) -> None:
            row = connection.execute(_current(service)).first()
            if row is not None and _deployment(row).version == version:
                return
            connection.execute(_in_service(service).values(ended_at=now))
            connection.execute(
                deployments.insert().values(
                    service=service, version=version.name, digest=version.digest, since=now, release=release
                )
            )

        self._state.write(replace)

    def clear(self, service: str) -> None:
        """Record that nothing serves any more; asking again changes nothing."""
        now = self._state.clock.now()
        self._state.write(lambda c: c.execute(_in_service(service).values(ended_at=now)))

    def history(self, service: str) -> tuple[Deployment, ...]:
        """Return everything that ever served, the newest first."""
        rows = self._state.read(lambda c: c.execute(_newest_first(service)).all())
        return tuple(_deployment(row) for row in rows)

    def find(self, service: str, name: str) -> Version | None:
        """Return the version that was called `name` when it served last; None if it never did."""
        named = _newest_first(service).where(deployments.c.version == name).limit(1)
        found = self._state.read(lambda c: c.execute(named).first())
        return _deployment(found).version if found else None


def _newest_first(service: str) -> Any:
    return select(deployments).where(deployments.c.service == service).order_by(desc(deployments.c.id))


def _current(service: str) -> Any:
    return select(deployments).where(deployments.c.service == service, deployments.c.ended_at.is_(None))


def _in_service(service: str) -> Any:
    return deployments.update().where(deployments.c.service == service, deployments.c.ended_at.is_(None))


def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(row.service, Version(row.version, row.digest), row.since, row.release, row.ended_at)
