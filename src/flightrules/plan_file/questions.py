"""Whether the plan's databases can be asked what the plan asks of them: by checks of the data, and by metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flightrules import adapters
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.plan import Adapter
from flightrules.plan_file.nodes import Entry, Items, Table
from flightrules.plan_file.values import Fields


def cannot(adapter: Adapter) -> Mapping[str, str]:
    """Return what a database with these options cannot do and why, as far as its kind can tell from them."""
    tell = getattr(adapters.module(adapters.DATABASES, adapter.kind), "cannot", None)
    return tell(adapter.options) if tell else {}


def refuse_checks(fields: Fields, plan: DatabasePlan) -> None:
    """Note checks of the data that this kind of database can never answer."""
    unable = cannot(plan.adapter)
    if plan.checks and "queries" in unable:
        what = f"`{plan.name}` cannot be asked, so nothing can check its data: {unable['queries']}"
        fields.complain("checks", what, "add what is missing, or remove `checks`")
    elif "roles" in unable:
        for role in _roles(fields):
            what = f"`{plan.name}` cannot be asked as a role: {unable['roles']}"
            fields.notes.add(role.node.place, what, "remove `as_role`")


def _roles(fields: Fields) -> Iterator[Entry]:
    checks = fields.slot("checks")
    nodes = checks.node.nodes if checks and isinstance(checks.node, Items) else ()
    return (node.entries["as_role"] for node in nodes if isinstance(node, Table) and "as_role" in node.entries)
