"""A reason that somebody types, without the secrets of the plan: rule 9 of the twelve, before anything is stored.

It looks the values up by itself and does not read the plan: a person who aborts must not wait for that. What has no
value in this terminal it cannot know; the process that drives the release hides it when it takes the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from flightrules.state.masking import Mask
from flightrules.state.releases import Release

_MENTIONED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def hidden(text: str, release: Release, file: Path, environment: Mapping[str, str]) -> str:
    """Return `text` without the values that variables of the plan of `release` have here; the plan lies in `file`."""
    mask = Mask()
    mask.add(_values(set(_MENTIONED.findall(release.plan_text)), file.parent / ".env", environment))
    return mask.text(text)


def _values(names: set[str], beside: Path, environment: Mapping[str, str]) -> Iterator[str]:
    yield from (environment[name] for name in names & environment.keys())
    if names and beside.is_file():
        from dotenv import dotenv_values

        try:
            kept = dotenv_values(beside, interpolate=False, encoding="utf-8")
        except (OSError, UnicodeDecodeError):  # whoever needs the file says what is wrong with it
            return
        yield from (value for name, value in kept.items() if name in names and value)
