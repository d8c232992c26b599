"""`$version`, `$digest` and `$service` in what a plan hands to a metric source."""

from __future__ import annotations

import re
from collections.abc import Callable

from flightrules.domain.traffic import Version

_NAMES = re.compile(r"\$(version|digest|service)\b")


def tells_versions_apart(text: str) -> bool:
    """Return whether `text` is another one for each version."""
    return any(match[1] != "service" for match in _NAMES.finditer(text))


def values(service: str, version: Version | None) -> dict[str, str]:
    """Return what the names stand for; without a version only the service is known."""
    if version is None:
        return {"service": service}
    return {"service": service, "version": version.name, "digest": version.digest}


def filled(text: str, known: dict[str, str], escape: Callable[[str], str]) -> str:
    """Return `text` with every known name replaced by its escaped value, in one pass; other names stay."""
    return _NAMES.sub(lambda match: escape(known[match[1]]) if match[1] in known else match[0], text)
