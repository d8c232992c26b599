"""Gets the text of a plan file, or says why there is none. Refuses what cannot be a plan before reading it."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR, S_ISREG

from flightrules.plan_file.problems import START, Notes, Place

LARGEST = 1_000_000
"""Bytes. The longest plan that anybody agreed on has a few hundred lines."""


def read(path: Path, notes: Notes) -> str:
    """Return the text of the file at `path`; raises `PlanProblems` where it cannot be had."""
    try:
        about = path.stat()
        if S_ISDIR(about.st_mode):
            notes.stop(START, "this is a directory, not a plan file", f"name the file in it: {path / 'flight.yaml'}")
        if not S_ISREG(about.st_mode):
            notes.stop(START, "this is not a regular file", "write the plan into a file of its own")
        if about.st_size > LARGEST:
            refuse_size(about.st_size, notes)
        content = path.read_bytes()
    except FileNotFoundError:
        notes.stop(START, "there is no such file", _other_ending(path) or "`flight init` writes a plan that runs")
    except OSError as error:
        notes.stop(START, f"the file cannot be read: {error.strerror}", "check who may read it: ls -l")
    return _decoded(content, notes)


def refuse_size(size: int, notes: Notes) -> None:
    """Stop: nobody agreed on a plan of `size` bytes."""
    notes.stop(
        START,
        f"the file has {size / 1e6:.1f} MB; a plan has at most {LARGEST / 1e6:g} MB",
        "is this the right file? Keep data in files of its own, which checks read",
    )


def _other_ending(path: Path) -> str:
    other = path.with_suffix(".yml" if path.suffix == ".yaml" else ".yaml")
    return f"did you mean {other}?" if path.name and other.is_file() else ""


def _decoded(content: bytes, notes: Notes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        notes.stop(place, f"byte 0x{content[error.start]:02x} is not UTF-8", "save the file as UTF-8")
