"""Reads `databases`: where they are (the options of their adapters), and what was agreed about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from flightrules.domain.adapter import Adapter
from flightrules.domain.database_plan import USUAL_WAYS, USUALLY_ALLOWED, DatabasePlan, DataCheck, Way
from flightrules.domain.migrations import MigrationClass
from flightrules.plan_file import values
from flightrules.plan_file.approvals import Refuse
from flightrules.plan_file.database_refusals import refuse_what_cannot_be
from flightrules.plan_file.database_vocabulary import DATA_CHECK, DATABASE, WAYS_BACK
from flightrules.plan_file.nodes import Scalar, Table, said
from flightrules.plan_file.options import read_kind, read_module, read_options
from flightrules.plan_file.problems import did_you_mean, nearest, quote
from flightrules.plan_file.shapes import Form, Section
from flightrules.plan_file.values import Fields, Slot
from flightrules.plan_file.variables import Variables

OWN = Section("a database", DATABASE.own)


def read_databases(
    slot: Slot, services: Sequence[str], variables: Variables, refuse_role: Refuse
) -> tuple[DatabasePlan, ...]:
    """Return the databases that could be read, in the order of the plan; `services` are the names of all services."""
    read = []
    for inner in values.entries(slot, "a database"):
        database = _database(inner, services, variables)
        if database:
            read.append(database)
        if database and database.role and isinstance(inner.node, Table):
            asked = inner.node.entries["ask"]
            refuse_role(database.role, Slot("ask", asked.node, slot.notes, asked.key.place))
    return tuple(read)


def _database(slot: Slot, services: Sequence[str], variables: Variables) -> DatabasePlan | None:
    if not isinstance(slot.node, Table):
        slot.wrong(f"`{slot.key}` takes a mapping, not {said(slot.node)}", "write `kind: KIND` and its options in it")
        return None
    table = slot.node
    fields = values.part(slot, table, OWN)
    service = _service(slot, fields, services)
    agreed = _agreed(fields)
    adapter = _adapter(slot, table, variables)
    if adapter is None or service is None:
        return None
    plan = DatabasePlan(slot.key, adapter, service, **agreed)
    refuse_what_cannot_be(slot, fields, plan)
    return plan


def _adapter(slot: Slot, table: Table, variables: Variables) -> Adapter | None:
    kind = read_kind(slot, table, DATABASE)
    module = read_module(slot, table, DATABASE, kind) if kind else None
    if not (kind and module):
        return None
    besides = (DATABASE.key, *(key.name for key in OWN.keys))
    known = _known_only(slot, table, module.Options, besides)
    options = read_options(slot, known, module.Options, variables.used_late(), besides)
    return Adapter(kind, options) if options and len(known.entries) == len(table.entries) else None


def _known_only(slot: Slot, table: Table, model: type[BaseModel], besides: Sequence[str]) -> Table:
    """Return `table` without the keys that mean nothing here, and note these.

    What may have been meant is looked for among the options of the kind and the keys of the plan; a slip of the pen
    for an option stays, because whoever reads the options then asks for no other one in its place.
    """
    options = [field.alias or name for name, field in model.model_fields.items()]
    every = [*options, *besides]
    unknown = [name for name in table.entries if name not in every and nearest(name, every) not in options]
    for name in unknown:
        what = f"`{slot.key}` has no key {quote(name)}"
        slot.notes.add(table.entries[name].key.place, what, did_you_mean(name, every))
    return Table({name: entry for name, entry in table.entries.items() if name not in unknown}, table.place)


AGREED_WAYS: Mapping[MigrationClass, Way] = dict(USUAL_WAYS)
NO_CHECKS: tuple[DataCheck, ...] = ()
NO_EXPORT: Mapping[str, str] = {}


def _agreed(fields: Fields) -> dict[str, Any]:
    return {
        "allowed": fields.read_or("allow", _allowed, USUALLY_ALLOWED),
        "back": fields.read_or("back", _ways, AGREED_WAYS),
        "role": fields.read_or("ask", values.name, ""),
        "rehearse": fields.read_or("rehearse", _rehearse, False),
        "checks": fields.read_or("checks", _checks, NO_CHECKS),
        "rows_may_fall": fields.read_or("rows", _rows_may_fall, True),
        "export": fields.read_or("export", _export, NO_EXPORT),
    }


def _service(slot: Slot, fields: Fields, services: Sequence[str]) -> str | None:
    named = fields.slot("service")
    if named is None:
        if len(services) > 1:
            hint = f"add `service:` with one of {', '.join(services)}"
            slot.notes.add(slot.key_place, f"which service brings the migrations of `{slot.key}`?", hint)
        return services[0] if len(services) == 1 else None
    name = values.name(named)
    if name and services and name not in services:
        named.wrong(f"there is no service {quote(name)}", did_you_mean(name, services))
        return None
    return name


def _allowed(slot: Slot) -> frozenset[MigrationClass] | None:
    if isinstance(slot.node, Scalar) and slot.node.text == "none":
        return frozenset()
    found = [_class(inner) for inner in values.one_or_many(slot, "classes of migrations")]
    return frozenset(each for each in found if each)


def _class(slot: Slot) -> MigrationClass | None:
    node = slot.scalar(Form.MIGRATION_CLASS)
    known = {str(each): each for each in MigrationClass}
    if node and node.text not in known:
        slot.wrong(f"{quote(node.text)} is no class of migrations", did_you_mean(node.text, known))
    return known.get(node.text) if node else None


def _ways(slot: Slot) -> Mapping[MigrationClass, Way] | None:
    fields = values.fields(slot, WAYS_BACK)
    if fields is None:
        return None
    return {each: fields.read_or(str(each), _way, usual) for each, usual in USUAL_WAYS.items()}


def _way(slot: Slot) -> Way | None:
    node = slot.scalar(Form.WAY)
    known = {str(each): each for each in Way}
    if node and node.text not in known:
        slot.wrong(f"{quote(node.text)} is no way back for a database", f"write {Form.WAY.value}")
    return known.get(node.text) if node else None


def _rehearse(slot: Slot) -> bool | None:
    node = slot.scalar(Form.NAME)
    if node and node.text != "copy":
        slot.wrong(f"a migration cannot be rehearsed on {quote(node.text)}", "write `rehearse: copy`, or remove it")
        return None
    return node is not None


def _checks(slot: Slot) -> tuple[DataCheck, ...]:
    checks: dict[str, DataCheck] = {}
    for inner in values.items(slot, "checks of the data"):
        fields = values.fields(inner, DATA_CHECK)
        name = fields.read("check", values.text) if fields else None
        sql = fields.read("no_rows", values.text) if fields else None
        if not (fields and name and sql):
            continue
        if name in checks:
            slot.notes.add(
                inner.place, f"the check {quote(name)} stands here twice", "give each check words of its own"
            )
        checks[name] = DataCheck(name, sql, fields.read("as_role", values.name))
    return tuple(checks.values())


def _rows_may_fall(slot: Slot) -> bool | None:
    node = slot.scalar(Form.ROWS)
    known = {"may fall": True, "may not fall": False}
    said = " ".join(node.text.split()) if node else ""
    if node and said not in known:
        slot.wrong(f"{quote(node.text)} says nothing about rows", f"write {Form.ROWS.value}")
    return known.get(said)


def _export(slot: Slot) -> Mapping[str, str]:
    read = {inner.key: values.name(inner) for inner in values.entries(slot, "a column")}
    return {table: column for table, column in read.items() if column}
