"""What `comprehensive` stands for in a verification: everything that is known to be asked without being said.

The health of every service, every check of a gate that looks at what serves, every database, every external service,
and the first page of every service in a browser. What nobody agreed to depend on (an external service, a page that may
not be there) is not mandatory. Made when the plan is read, so that `flight check` shows each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flightrules import adapters
from flightrules.adapters import CHECKS
from flightrules.domain.checks import Check
from flightrules.domain.plan import External, Service
from flightrules.plan_file.checks import usual

COMMAND = "run"
"""The kind of check that, in a gate, is about the code as a rule and not about what serves."""


@dataclass(frozen=True)
class Known:
    """What a plan has, as far as it could be read."""

    services: Sequence[Service] = ()
    gates: Mapping[str, Sequence[Check]] = field(default_factory=dict)
    databases: Sequence[str] = ()
    externals: Sequence[External] = ()


def everything(known: Known) -> Iterator[Check]:
    """Yield every check; no two have the same words."""
    names: set[str] = set()
    for check in _all(known):
        if check.name not in names:
            names.add(check.name)
            yield check


def _all(known: Known) -> Iterator[Check]:
    for service in known.services:
        yield from _health(service)
    yield from (check for checks in known.gates.values() for check in checks if _looks_at_what_serves(check))
    for name in known.databases:
        yield _check("database", f"Database {name} answers and is sound", name)
    for external in known.externals:
        yield replace(external.check, name=f"{external.check.name} answers", mandatory=False)
    for service in known.services:
        yield _check("browser", f"The first page of {service.name} loads", "/", service.name, mandatory=False)


def _health(service: Service) -> Iterator[Check]:
    """Yield a check of the health of a service, where its target knows a path for it."""
    path = getattr(getattr(service.target.options, "health", None), "http", None)
    if path:
        yield _check("http", f"{service.name} is healthy", f"GET {path}", service.name)


def _looks_at_what_serves(check: Check) -> bool:
    return check.kind != COMMAND and of_what_serves(check)


def of_what_serves(check: Check) -> bool:
    """Return whether a check looks at what serves: then it can be asked again after a way back."""
    return bool(getattr(adapters.module(CHECKS, check.kind), "OF_WHAT_SERVES", False))


def after_a_way_back(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return those of a verification that are asked again after a way back."""
    return tuple(check for check in checks if of_what_serves(check))


def _check(kind: str, name: str, main: str, service: str = "", **more: Any) -> Check:
    module = adapters.module(CHECKS, kind)
    options = module.Options(**{module.MAIN: main})
    return Check(name, kind, options, module.WITHIN, usual(module), service, **more)
