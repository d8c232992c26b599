"""Envoy's word that it has taken over what it was told, or its own words why it has not."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from flightrules.domain.errors import RouterUnreachable
from flightrules.ports.clock import Clock
from flightrules.routers._envoy.admin import Admin

POLL = 0.01
CLUSTERS, LISTENERS, ROUTES = "cluster_manager.cds", "listener_manager.lds", "http.flight.rds.flight"
REJECTED, AFTER_THE_UPDATE, NEXT_ENTRY = "update rejected:", "\n: ", re.compile(r"\n\[\d{4}-")
"""How Envoy writes of an update that it refused: over as many lines as the update has, its reason at the end."""

T = TypeVar("T")


def endpoints_of(key: str) -> str:
    """Return the name under which Envoy reports on the addresses of the version with `key`."""
    return f"cluster.{key}"


async def poll(clock: Clock, within: float, ask: Callable[[], Awaitable[T | None]]) -> T | None:
    """Return the first answer that is not None; None when there was none `within` so many seconds."""
    end = clock.monotonic() + within
    while (answer := await ask()) is None and clock.monotonic() < end:
        await clock.sleep(POLL)
    return answer


async def rejections(admin: Admin, parts: tuple[str, ...]) -> Mapping[str, int]:
    """Return how often Envoy has refused each of `parts` so far."""
    found = await admin.statistics(_pattern(parts, "update_rejected"))
    return {part: int(found.get(f"{part}.update_rejected") or 0) for part in parts}


class Confirmation:
    """Waits until Envoy reports the version that each part was given, within `within` seconds."""

    def __init__(self, clock: Clock, within: float, log: Callable[[], tuple[str, ...]]) -> None:
        self._clock = clock
        self._within = within
        self._log = log

    async def of(self, admin: Admin, versions: Mapping[str, str], refused_before: Mapping[str, int]) -> None:
        """Return when every part has its version. Raises `RouterUnreachable`, at once when Envoy refuses one."""

        async def settled() -> bool | None:
            found = await admin.statistics(_pattern(tuple(versions), "(version_text|update_rejected)"))
            if all(found.get(f"{part}.version_text") == version for part, version in versions.items()):
                return True
            refused = (int(found.get(f"{part}.update_rejected") or 0) for part in versions)
            grown = any(now > refused_before.get(part, 0) for part, now in zip(versions, refused, strict=True))
            return False if grown else None

        match await poll(self._clock, self._within, settled):
            case False:
                raise RouterUnreachable(
                    f"Envoy refused what it was told: {self._words()}", "Traffic is as it was before."
                )
            case None:
                raise RouterUnreachable(
                    f"Envoy did not confirm within {self._within:g} s what it was told",
                    "Traffic is as it was before. See whether the machine is overloaded, then try again.",
                )

    def _words(self) -> str:
        """Return what Envoy wrote last about an update that it refused, without the update itself."""
        _, found, rest = "\n".join(self._log()).rpartition(REJECTED)
        words = NEXT_ENTRY.split(rest, 1)[0].rpartition(AFTER_THE_UPDATE)[2].strip()
        return words if found else "it did not say why"


def _pattern(parts: tuple[str, ...], figure: str) -> str:
    return f"^({'|'.join(re.escape(part) for part in parts)})\\.{figure}$"
