"""The folder with the state of the releases: made for its owner alone, refused when it is somebody else's."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
from pathlib import Path

from flightrules.domain.errors import StateUnusable


def prepare(folder: Path) -> Path:
    """Make `folder` with mode 0700 if it is missing, and return it as an absolute path.

    Raises `StateUnusable` when it is no folder, belongs to somebody else, or cannot be written.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
    except OSError as error:
        raise StateUnusable(
            f"the state folder {folder} cannot be made: {(error.strerror or str(error)).lower()}",
            "Choose a folder that you can write with --state DIR.",
        ) from error
    _require_ours(folder, owner)
    _require_for_us_alone(folder)
    _require_writable(folder)
    return folder


def is_there(folder: Path) -> bool:
    """Return whether there is a state in `folder`; nothing is made. Raises `StateUnusable` where we may not look."""
    folder = folder.absolute()
    try:
        return (folder / "flight.db").exists()
    except OSError as error:
        with contextlib.suppress(OSError):
            _require_ours(folder, folder.stat().st_uid)
        raise StateUnusable(
            f"the state folder {folder} cannot be looked into: {(error.strerror or str(error)).lower()}",
            "See what is there and who owns it, or name another state with --state DIR.",
        ) from error


def _require_ours(folder: Path, owner: int) -> None:
    if owner == os.geteuid():
        return
    raise StateUnusable(
        f"the state folder {folder} belongs to {user_name(owner)}, and you are {user_name(os.geteuid())}",
        f"Run flight as {user_name(owner)}, or use a state of your own with --state DIR.",
    )


def _require_for_us_alone(folder: Path) -> None:
    """Refuse a folder with other things in it, such as `/tmp`: to close it to others would take those from them."""
    if folder.stat().st_mode & 0o077 == 0 or (folder / "flight.db").exists() or not any(folder.iterdir()):
        return
    raise StateUnusable(
        f"{folder} is open to others and holds other things, so it cannot become a state folder",
        f"Name a folder of its own, for instance --state {folder / 'flight'}.",
    )


def _require_writable(folder: Path) -> None:
    try:
        folder.chmod(0o700)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise StateUnusable(
            f"the state folder {folder} cannot be written",
            "See whether its disk is mounted read-only, or choose another folder with --state DIR.",
        )


def private_file(folder: Path, name: str) -> Path:
    """Make the file `name` with mode 0600 if it is missing. Raises `StateUnusable` when it cannot be written.

    A file that is there is not opened: closing it again would drop every lock that SQLite holds on it in this
    process (so POSIX has it), and another process could then take the database for one that nobody uses.
    """
    path = folder / name
    try:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        _require_usable(path)
    except OSError as error:
        raise StateUnusable(
            f"{path} cannot be opened: {(error.strerror or str(error)).lower()}",
            "See what is there and who owns it, or use another state with --state DIR.",
        ) from error
    return path


def _require_usable(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def user_name(uid: int) -> str:
    """Return the name of the user with `uid`, or the number where it has no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
