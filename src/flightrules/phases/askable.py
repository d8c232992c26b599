"""Whether a check can be asked on this machine: some need a program, or a library that is not installed with flight."""

from __future__ import annotations

from flightrules import adapters
from flightrules.domain.checks import Check


def needs(check: Check) -> bool:
    """Return whether a check of this kind needs something that may be missing."""
    return hasattr(adapters.module(adapters.CHECKS, check.kind), "missing")


def lacking(check: Check) -> str:
    """Return what has to be installed before `check` can be asked; empty where nothing has."""
    module = adapters.module(adapters.CHECKS, check.kind)
    return str(module.missing()) if hasattr(module, "missing") else ""
