"""Whether who is asked can answer: the plan's databases, by checks of the data and by metrics; people, by metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from flightrules import adapters
from flightrules.domain.adapter import Adapter
from flightrules.domain.database_plan import DatabasePlan
from flightrules.plan_file.nodes import Entry, Items, Table
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.values import Fields, Slot
from flightrules.ports.options import database_field, role_fields


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


@dataclass(frozen=True)
class Asked:
    """Whom metrics can ask. `names` has those databases as well whose entry could not be read.

    `stranger` notes that nobody has a role.
    """

    names: Sequence[str] = ()
    databases: Sequence[DatabasePlan] = ()
    stranger: Callable[[str, Slot], None] = lambda role, slot: None

    def refuse_unknown(self, slot: Slot, table: Table, options: BaseModel) -> None:
        """Note a metric that asks a database which is not there, or of a kind that cannot answer it."""
        field = database_field(options)
        if field is None:
            return
        name = str(getattr(options, field[0]))
        named = Slot(field[0], table.entries[field[0]].node, slot.notes, table.entries[field[0]].key.place)
        if name not in self.names:
            otherwise = "" if self.names else "describe it under `databases:`, with its `kind` and where it is"
            named.wrong(f"the plan has no database {quote(name)}", did_you_mean(name, self.names, otherwise))
        for database in self.databases:
            if database.name == name:
                _refuse_kind(named, table, database, field[1])

    def refuse_strangers(self, slot: Slot, table: Table, options: BaseModel) -> None:
        """Note a metric that asks for a role which nobody has."""
        for name in role_fields(type(options)):
            entry = table.entries[name]
            self.stranger(str(getattr(options, name)), Slot(name, entry.node, slot.notes, entry.key.place))


NO_DATABASES = Asked()


def _refuse_kind(named: Slot, table: Table, database: DatabasePlan, kinds: Sequence[str]) -> None:
    kind = database.adapter.kind
    if kinds and kind not in kinds:
        what = (
            f"`from: {_source(table)}` asks databases of the kind {', '.join(kinds)}, and `{database.name}` is {kind}"
        )
        named.wrong(what, "write `from: sql` with a query of your own")
    elif why := cannot(database.adapter).get("queries"):
        named.wrong(f"`{database.name}` cannot be asked: {why}", "add what is missing, or remove the metric")


def _source(table: Table) -> str:
    return str(getattr(table.entries["from"].node, "text", ""))
