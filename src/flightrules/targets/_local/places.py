"""Where each version of a service lies on disk, and what is remembered about it.

A version is built in the place where it will run, since many builds write their own path into their result. So
a place is whole only once it carries a marker; one without is begun anew.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightrules.domain.traffic import Version

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """The folder of one version."""

    folder: Path

    @property
    def files(self) -> Path:
        """Where the version's files are put."""
        return self.folder / "files"

    @property
    def built(self) -> Mapping[str, Any] | None:
        """What was built here (`name`, `digest`, `inside`: where commands run, from `files`); None before."""
        return _read(self.folder / "built.json")

    @property
    def version(self) -> Version | None:
        """The version that was built here."""
        built = self.built
        return Version(built["name"], built["digest"]) if built else None

    @property
    def inside(self) -> Path:
        """Where the version's commands run. It was built."""
        built = self.built
        return self.files / built["inside"] if built else self.files

    @property
    def start(self) -> str:
        """The command that starts the version: that of the plan under which it was released last."""
        start: str = (_read(self.folder / "start.json") or {})["start"]
        return start

    def start_with(self, command: str) -> None:
        """Remember the command that starts the version."""
        _write(self.folder / "start.json", {"start": command})

    def begin(self) -> None:
        """Make the place empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)

    def finish(self, version: Version, inside: str) -> None:
        """Mark the place as whole."""
        _write(self.folder / "built.json", {"name": version.name, "digest": version.digest, "inside": inside})
        os.utime(self.folder)

    def remembered_ports(self) -> Mapping[int, int]:
        """Return the port of each instance that ever ran, by its number."""
        return {int(number): port for number, port in (_read(self.folder / "ports.json") or {}).items()}

    def ports(self, instances: int, running: Collection[int]) -> Mapping[int, int]:
        """Return a port for each of `instances` (from 1), the one it had before where it can still have it.

        `running` are the numbers of those that run now and keep theirs in any case.
        """
        ports = dict(self.remembered_ports())
        with ExitStack() as taken:
            for number in range(1, instances + 1):
                if number not in running and not _is_free(ports.get(number)):
                    ports[number] = _choose(taken)
        _write(self.folder / "ports.json", ports)
        return ports


class Places:
    """The places of all versions of one service, under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "versions"

    def of(self, version: Version) -> Place:
        """Return the place of `version`, there or not."""
        return Place(self._folder / version.key)

    def with_key(self, key: str) -> Place:
        """Return the place of the version with `key`."""
        return Place(self._folder / key)

    def drop_old(self, keep: int, in_use: Collection[str]) -> None:
        """Remove all but the `keep` versions built last; never one whose key is in `in_use`."""
        places = sorted(self._folder.glob("*/"), key=lambda place: place.stat().st_mtime, reverse=True)
        for place in places[keep:]:
            if place.name not in in_use:
                shutil.rmtree(place, ignore_errors=True)


def _is_free(port: int | None) -> bool:
    if port is None:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _choose(taken: ExitStack) -> int:
    """Let the system choose a free port. It stays taken until all are chosen, so that none is chosen twice."""
    held = taken.enter_context(socket.socket())
    held.bind((HOST, 0))
    port: int = held.getsockname()[1]
    return port


def _read(file: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return content


def _write(file: Path, content: Mapping[Any, Any]) -> None:
    """Replace `file` at once. Only its owner may read it: a start command may hold secrets.

    What is there already is not written again: the way back must not need a disk that may be full.
    """
    text = json.dumps(content)
    if file.is_file() and file.read_text() == text:
        return
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    new.replace(file)
