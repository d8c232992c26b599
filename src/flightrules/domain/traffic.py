"""Versions, and how the traffic is split between them.

A `Split` that does not sum to exactly 100 % cannot be built: rule 1 of the twelve.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flightrules.domain.errors import FlightError, NotHealthy

WHOLE = 10_000
"""100 % in basis points. Shares are whole basis points (1/100 %), so that sums are exact."""


@dataclass(frozen=True, order=True)
class Share:
    """A share of the traffic in basis points, 0 to 10,000."""

    basis_points: int

    def __post_init__(self) -> None:
        if not 0 <= self.basis_points <= WHOLE:
            raise FlightError(f"a share of {self.basis_points / 100:g}% is not between 0% and 100%")

    @classmethod
    def percent(cls, percent: float) -> Share:
        """Return the share of `percent` (0 to 100), rounded to a hundredth of a percent."""
        return cls(round(percent * 100))

    def __str__(self) -> str:
        return f"{self.basis_points / 100:g}%"


@dataclass(frozen=True)
class Version:
    """What is released: the name that people use, and the digest that says exactly what it is."""

    name: str
    digest: str

    @cached_property
    def key(self) -> str:
        """A short name that is unique and safe in file names, cookies and cluster names."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:24] or "version"
        return f"{slug}-{re.sub(r'[^A-Za-z0-9]', '', self.digest)[:10].lower()}"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Instance:
    """One running copy of a version. `address` is `host:port`; `pid` is None where there is no process."""

    name: str
    version: Version
    address: str
    pid: int | None
    healthy: bool
    why: str = ""


@dataclass(frozen=True)
class Split:
    """The full share of traffic per version, keyed by `Version.key`; always sums to 100 %."""

    shares: Mapping[str, Share]

    def __post_init__(self) -> None:
        total = sum(share.basis_points for share in self.shares.values())
        if total != WHOLE:
            raise FlightError(f"a split must sum to 100%, not to {total / 100:g}%")

    @classmethod
    def all_to(cls, version: Version) -> Split:
        """Return the split that sends everything to `version`."""
        return cls({version.key: Share(WHOLE)})

    @classmethod
    def between(cls, candidate: Version, share: Share, stable: Version) -> Split:
        """Return the split that sends `share` to `candidate` and the rest to `stable`."""
        if share.basis_points == WHOLE:
            return cls({candidate.key: share, stable.key: Share(0)})
        return cls({candidate.key: share, stable.key: Share(WHOLE - share.basis_points)})

    def of(self, key: str) -> Share:
        """Return the share of the version with `key`; a version that is not named has none."""
        return self.shares.get(key, Share(0))

    def serving(self) -> tuple[str, ...]:
        """Return the keys of the versions that get any traffic."""
        return tuple(key for key, share in self.shares.items() if share.basis_points > 0)


@dataclass(frozen=True)
class Page:
    """What the router answers by itself while the service is shut down."""

    text: str
    retry_after_seconds: int = 120
    status: int = 503


@dataclass(frozen=True)
class Routes:
    """Everything a router is told at once, never a change to what it had.

    `split` is None only where `closed` is set, and before the first version serves. `endpoints` holds the
    addresses (`host:port`) of every running version, by `Version.key`, also of those without a share: a
    tester can be pinned to them. `candidate` is the key of the version that is being released, if one is.
    `salt` names the release in the sticky cookie, so that the same users are not the first every time.
    """

    split: Split | None
    endpoints: Mapping[str, tuple[str, ...]]
    candidate: str | None = None
    salt: str = ""
    closed: Page | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call each version (`v2`), by key: accepted in the header that pins a version."""

    def __post_init__(self) -> None:
        for key in self.split.serving() if self.split else ():
            if not self.endpoints.get(key):
                name = self.names.get(key, key)
                raise NotHealthy(f"{name} has no instance that could take its share of the traffic", log=[])
