"""One scan for secrets: `python -m flightrules.checks._secrets.scan FOLDER BASELINE [EXCLUDED…]`.

It prints one JSON object, in which no secret stands. The baseline may be empty for none; of one only its findings are
taken, no settings and no code.
"""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

LARGEST = 5_000_000
"""Bytes; secrets are written by hand, and what is larger is data."""

PASSED_OVER = {".git", ".flight", "node_modules", ".venv"}

Known = frozenset[tuple[str, str, str]]
"""File, kind and hash of each finding that somebody looked at."""


@dataclass
class Scan:
    """What was found: file (from the folder), line and kind of each; `trouble` says why it could not look."""

    files: int = 0
    known: int = 0
    too_large: int = 0
    findings: list[tuple[str, int, str]] = field(default_factory=list)
    trouble: str = ""


class Unreadable(Exception):
    """It cannot look; the words say why."""


def scan(folder: Path, baseline: Path | None, excluded: tuple[str, ...]) -> Scan:
    """Return what is found in the files of `folder`, which becomes the current one. Raises `Unreadable`."""
    from detect_secrets.settings import default_settings

    known = _known(baseline) if baseline else frozenset()
    os.chdir(folder)  # what detect-secrets makes of a path, and a baseline's own paths, begin there
    done = Scan()
    with default_settings():
        for name in _files(folder):
            own = baseline is not None and Path(name).resolve() == baseline.resolve()  # its hashes look like secrets
            if not own and not any(fnmatch.fnmatchcase(name, pattern) for pattern in excluded):
                _look_into(name, known, done)
    done.findings.sort()
    return done


def _look_into(name: str, known: Known, done: Scan) -> None:
    from detect_secrets.core.secrets_collection import SecretsCollection

    if Path(name).stat().st_size > LARGEST:
        done.too_large += 1
        return
    done.files += 1
    secrets = SecretsCollection()
    secrets.scan_file(name)
    for _, secret in secrets:
        if (name, secret.type, secret.secret_hash) in known:
            done.known += 1
        else:
            done.findings.append((name, secret.line_number, secret.type))


def _known(baseline: Path) -> Known:
    """Return the findings of a baseline, without those that somebody found to be real."""
    try:
        results = json.loads(baseline.read_text())["results"]
        return frozenset(
            (name, one["type"], one["hashed_secret"])
            for name, found in results.items()
            for one in found
            if not one.get("is_secret")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"the baseline {baseline.name} is none that detect-secrets writes"
        raise Unreadable(f"{what}; write it with `detect-secrets scan > {baseline.name}`") from error


def _files(folder: Path) -> Iterator[str]:
    """Yield what git tracks below `folder`, or everything where it is in no repository."""
    names = _tracked(folder) if any((above / ".git").exists() for above in (folder, *folder.parents)) else _all(folder)
    for name in names:
        if Path(name).is_file() and not Path(name).is_symlink():
            yield name


def _tracked(folder: Path) -> Iterable[str]:
    try:
        listed = subprocess.run(["git", "-C", str(folder), "ls-files", "-z"], capture_output=True, check=False)
    except OSError as error:
        raise Unreadable(f"git could not be asked which files it tracks: {error}") from error
    if listed.returncode:
        said = listed.stderr.decode(errors="replace").strip()
        raise Unreadable(f"git could not say which files it tracks: {said[:300]}")
    return sorted(filter(None, os.fsdecode(listed.stdout).split("\0")))


def _all(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - PASSED_OVER)
        yield from (os.path.relpath(Path(place) / name, folder) for name in sorted(names))


def main() -> None:
    """Scan as the command line says, and print what was found."""
    folder, baseline, *excluded = sys.argv[1:]
    try:
        done = scan(Path(folder).resolve(), Path(baseline) if baseline else None, tuple(excluded))
    except Unreadable as error:
        done = Scan(trouble=str(error))
    json.dump(asdict(done), sys.stdout)


if __name__ == "__main__":
    main()
