"""The files that Envoy watches, and who may write them: never a process whose lease has passed on.

Every file carries the lease's token and the hash of its content as its version, which Envoy reports back when it
has the content in force. A file is moved into place whole; Envoy never sees half of one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flightrules.domain.errors import Fenced, RouterUnreachable
from flightrules.ports.fence import Fence
from flightrules.routers._envoy.settings import Json


class Files:
    """The watched files of one router, in `folder`."""

    def __init__(self, folder: Path, service: str, fence: Fence) -> None:
        self._folder = folder
        self._service = service
        self._fence = fence

    def prepare(self) -> None:
        """Make the folder and the one around it, for nobody else to look into."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder.parent, self._folder):
            folder.chmod(0o700)

    def put(self, path: Path, resources: list[Json]) -> tuple[str, bytes | None]:
        """Move `resources` into place at `path`. Return their version, and what was there before.

        Nothing is written when they are there already. Raises `Fenced`, `RouterUnreachable` when the disk does not
        take it.
        """
        content = json.dumps(resources, sort_keys=True)
        version = f"{self._fence.token}.{hashlib.sha256(content.encode()).hexdigest()[:16]}"
        with self._locked():
            before = path.read_bytes() if path.exists() else None
            written = version_of(before)
            self.refuse_newer(written)
            self._fence.check()
            if written != version:
                self._replace(path, json.dumps({"version_info": version, "resources": resources}).encode())
        return version, before

    def restore(self, path: Path, version: str, before: bytes | None) -> None:
        """Take `version` back, unless somebody has written something else since."""
        with self._locked():
            if before is not None and version_of(path.read_bytes()) == version:
                self._replace(path, before)

    def refuse_newer(self, version: str) -> None:
        """Raise `Fenced` when `version` was written under a later lease than ours."""
        token = token_of(version)
        if token > self._fence.token:
            raise Fenced(
                f"the traffic of {self._service} was set under lease {token}; this process holds lease "
                f"{self._fence.token}",
                "Another flight process has taken over; leave it to that one.",
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Held for a read and a rename only, so that waiting for it is no wait.
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _replace(self, path: Path, content: bytes) -> None:
        written = path.with_suffix(".new")
        try:
            with written.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            written.replace(path)
        except OSError as error:
            raise RouterUnreachable(
                f"the router of {self._service} was told nothing: {path} could not be written: {error.strerror}",
                "Make room or give back the right to write there, then try again; traffic is as it was.",
            ) from error


def version_of(content: bytes | None) -> str:
    """Return the version that a watched file carries; nothing for no file, or one that is damaged."""
    try:
        return str(json.loads(content or b"{}").get("version_info", ""))
    except ValueError:
        return ""


def token_of(version: str) -> int:
    """Return the lease's token in a version; 0 where there is none."""
    token = version.partition(".")[0]
    return int(token) if token.isdigit() else 0
