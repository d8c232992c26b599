"""Versions that are directories: what is in one decides which version it is.

Left out: `.git`, `__pycache__`, `.flight`, and the state folder wherever it lies. Refused: sockets, pipes and
devices. A symbolic link counts as its target's name, and is copied as a link.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from glob import escape, glob
from pathlib import Path, PurePosixPath
from threading import Event

from flightrules.domain.errors import BuildFailed, UnknownVersion
from flightrules.domain.near_names import suggestion
from flightrules.domain.traffic import Version
from flightrules.targets._local.places import Place
from flightrules.targets._local.steps import Steps

LEFT_OUT = frozenset({".git", "__pycache__", ".flight"})


@dataclass(frozen=True)
class FolderSource:
    """`version: {from: argument}`. `directory` is a path from `plan_folder`, with `$version` in it; `state` is ours."""

    plan_folder: Path
    directory: str
    service: str
    state: Path

    async def identify(self, name: str) -> Version:
        """Return the version in the directory for `name`, by the hash of its content. Raises `UnknownVersion`."""
        folder = self._folder(name)
        if not _is_folder(folder):
            what = f"there is no directory {folder} for version {name!r} of {self.service}"
            raise UnknownVersion(what, await asyncio.to_thread(self._suggestion, name))
        return Version(name, await self._digest(folder))

    async def fetch(self, version: Version, place: Place, steps: Steps) -> str:
        """Copy the directory into `place`, so that later edits do not change what runs."""
        del steps
        await self._copy(self._folder(version.name), place.files)
        if await self._digest(place.files) != version.digest:
            folder = self._folder(version.name)
            last = await asyncio.to_thread(_changed_last, folder, self.state)
            raise BuildFailed(
                f"{folder} has changed since the release of {version} began, last of all {last}",
                "Start a release anew: what was agreed on is not there any more. What is written all the time, such as "
                "a log, must not lie in the directory of a version.",
                log=[],
            )
        return ""

    def _folder(self, name: str) -> Path:
        path = PurePosixPath(name)
        # One spelling for one directory: `v1/` beside `v1` would look like two versions.
        if name in ("", ".") or str(path) != name or path.is_absolute() or ".." in path.parts:
            raise UnknownVersion(f"{name!r} cannot be the name of a version of {self.service}", self._suggestion(name))
        return (self.plan_folder / self.directory.replace("$version", name)).resolve()

    def _suggestion(self, name: str) -> str:
        """Return what to type instead: the names of the directories that are there."""
        if self.directory.count("$version") != 1:
            return "Name it with letters and digits, for instance v1."
        before, after = str(self.plan_folder / self.directory).split("$version")
        paths = glob(f"{escape(before)}*{escape(after)}")  # noqa: PTH207 - Path.glob takes no absolute pattern
        names = sorted(path[len(before) : len(path) - len(after)] for path in paths if _is_folder(Path(path)))
        return suggestion(name, names) or f"Make {before}NAME{after} first, or mend `directory` in the plan."

    async def _digest(self, folder: Path) -> str:
        try:
            return await asyncio.to_thread(digest, folder, self.state)
        except OSError as error:
            what = f"{error.filename} of {self.service} cannot be read: {error.strerror}"
            raise UnknownVersion(what, "Give the user that runs `flight` the right to read it.") from error

    async def _copy(self, source: Path, destination: Path) -> None:
        """Copy in a thread; cancelling stops the thread before it returns."""
        stop = Event()
        copying = asyncio.ensure_future(asyncio.to_thread(_copy_tree, source, destination, self.state, stop))
        try:
            await asyncio.shield(copying)
        except asyncio.CancelledError:
            stop.set()
            await copying
            raise
        except OSError as error:
            raise BuildFailed(f"{source} could not be copied: {error}", "Make room, or mend its rights.") from error


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, for instance
        return False


def digest(folder: Path, state: Path) -> str:
    """Return the SHA-256 (hex) of the names, kinds, executable bits and bytes under `folder`."""
    whole = hashlib.sha256()
    for path in _tree(folder, state):
        mode = path.lstat().st_mode
        kind = "x" if stat.S_ISREG(mode) and mode & stat.S_IXUSR else stat.filemode(mode)[0]
        whole.update(f"{kind} {path.relative_to(folder).as_posix()}\0".encode(errors="surrogateescape"))
        whole.update(_content(path, mode))
    return whole.hexdigest()


def _changed_last(folder: Path, state: Path) -> str:
    """Return the name of what was written last under `folder`; where something was removed, that is a directory."""
    paths = [folder, *_tree(folder, state)]
    return max(paths, key=lambda path: path.lstat().st_mtime_ns).relative_to(folder).as_posix()


def _content(path: Path, mode: int) -> bytes:
    """Return the hash of what is in `path`: of a file its bytes, of a link its target, of a directory nothing."""
    if stat.S_ISREG(mode):
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    target = os.fsencode(path.readlink()) if stat.S_ISLNK(mode) else b""
    return hashlib.sha256(target).digest()


def _tree(folder: Path, state: Path) -> Iterator[Path]:
    """Yield everything under `folder` that belongs to a version, each directory before what is in it, by name."""
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_OUT or state.is_relative_to(path):
            continue
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
            raise UnknownVersion(f"{path} is neither a file nor a directory nor a link", "Remove it.")
        yield path
        if stat.S_ISDIR(mode):
            yield from _tree(path, state)


def _copy_tree(source: Path, destination: Path, state: Path, stop: Event) -> None:
    destination.mkdir(parents=True)
    for path in _tree(source, state):
        if stop.is_set():
            return
        copy = destination / path.relative_to(source)
        if path.is_symlink():
            copy.symlink_to(path.readlink())
        elif path.is_dir():
            copy.mkdir()
        else:
            shutil.copy2(path, copy)
