"""What the configuration needs to know about one router, and where its files are. Pure: no files are touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROUTE_TABLE = "flight"
"""The name of the one route table, and the prefix of the listener's figures."""


@dataclass(frozen=True)
class Settings:
    """The options of the plan that end up in Envoy's configuration; durations in seconds, ports as numbers."""

    service: str
    folder: Path
    host: str
    port: int
    sticky: bool
    sticky_for: float
    pin_header: str
    health: str
    trusted_proxies: int
    patience: float
    confirm: float

    @property
    def listen(self) -> str:
        """Where the service is reached, as the plan has it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def live(self) -> Path:
        """The folder with the files that Envoy watches."""
        return self.folder / "live"

    def endpoints_file(self, key: str) -> Path:
        """The file with the addresses of the version with `key`."""
        return self.live / f"endpoints-{key}.json"


def path_source(path: Path) -> Json:
    """Return the configuration that makes Envoy read `path`, now and whenever a new file is moved there."""
    return {"path_config_source": {"path": str(path)}, "resource_api_version": "V3"}


def seconds(value: float) -> str:
    """Return a duration as Envoy writes it."""
    return f"{value:.3f}s"
