"""Which adapters there are, by kind. Finds them without importing them; imports one when it is asked for.

A kind is the name of a module in one of five packages (`flightrules.targets`, `flightrules.routers`,
`flightrules.metric_sources`, `flightrules.databases`, `flightrules.checks`), or of an entry point in the group of the
same name, for third parties. The package wins where both have a kind. Names that begin with an underscore are private
to an adapter and are no kinds.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from types import ModuleType

from flightrules.domain.errors import FlightError

TARGETS = "flightrules.targets"
ROUTERS = "flightrules.routers"
METRIC_SOURCES = "flightrules.metric_sources"
DATABASES = "flightrules.databases"
CHECKS = "flightrules.checks"


class UnknownKind(FlightError):
    """No adapter has that kind."""


def kinds(family: str) -> list[str]:
    """Return every kind of `family` (one of the five packages), sorted."""
    return sorted(_shipped(family) | _installed(family).keys())


def module(family: str, kind: str) -> ModuleType:
    """Import and return the module of a kind.

    Raises `UnknownKind` with the nearest kind that there is, or where a third party's adapter cannot be imported.
    """
    if kind in _shipped(family):
        return importlib.import_module(f"{family}.{kind}")
    installed = _installed(family)
    if kind not in installed:
        raise UnknownKind(f"there is no kind `{kind}` here", _nearest(family, kind))
    try:
        return importlib.import_module(installed[kind])
    except ImportError as error:
        raise UnknownKind(
            f"the kind `{kind}` is installed as {installed[kind]}, which cannot be imported: {error}",
            "install the package that brings it again, or use another kind",
        ) from error


def _shipped(family: str) -> set[str]:
    package = importlib.import_module(family)
    return {found.name for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")}


def _installed(family: str) -> dict[str, str]:
    # Imported here: reading the metadata of every installed package is slow, and most plans need none of it.
    from importlib.metadata import entry_points

    return {point.name: point.module for point in entry_points(group=family)}


def _nearest(family: str, kind: str) -> str:
    known = kinds(family)
    near = difflib.get_close_matches(kind, known, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known kinds: {', '.join(known)}" if known else "no kind is installed"
