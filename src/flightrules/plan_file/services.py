"""Reads `services` and `metrics`: everything that names an adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flightrules.domain.adapter import Adapter
from flightrules.domain.plan import PERSON, TRAFFIC_METRICS, Metric, Service, Unit, Window
from flightrules.plan_file import values
from flightrules.plan_file.nodes import Table, said
from flightrules.plan_file.options import read_kind, read_module, read_options, unit_word
from flightrules.plan_file.problems import Place, did_you_mean, quote
from flightrules.plan_file.questions import NO_DATABASES, Asked
from flightrules.plan_file.shapes import AdapterOf, Form
from flightrules.plan_file.stated import Supplied
from flightrules.plan_file.values import Slot
from flightrules.plan_file.variables import Variables
from flightrules.plan_file.vocabulary import ROUTER, SERVICE, SOURCE, TARGET, TRAFFIC_METRIC

_NO_UNIT = "number"
"""How a plan writes the unit of a plain number."""


@dataclass
class Measured:
    """What the plan measures: its metrics, the window of the traffic, and every metric that has a name.

    `units` has None for a metric whose definition has a problem of its own.
    """

    metrics: list[Metric] = field(default_factory=list)
    window: Window = field(default_factory=Window)
    units: Supplied = field(default_factory=lambda: Supplied(TRAFFIC_METRICS))


def read_services(slot: Slot, variables: Variables) -> tuple[Service, ...]:
    """Return the services that could be read, in the order of the plan."""
    read = [_service(inner, variables) for inner in values.entries(slot, "a service")]
    return tuple(service for service in read if service)


def _service(slot: Slot, variables: Variables) -> Service | None:
    fields = values.fields(slot, SERVICE)
    if fields is None:
        return None
    target = fields.read("target", lambda inner: _adapter(inner, TARGET, variables))
    router = fields.read("traffic", lambda inner: _adapter(inner, ROUTER, variables))
    alone = fields.read_or("stands_alone", values.truth, False)
    return Service(slot.key, target, router, alone) if target and router else None


def _adapter(slot: Slot, of: AdapterOf, variables: Variables) -> Adapter | None:
    table = _table(slot, of)
    kind = read_kind(slot, table, of) if table else None
    module = read_module(slot, table, of, kind) if table and kind else None
    if not (table and kind and module):
        return None
    options = read_options(slot, table, module.Options, variables, (of.key,))
    return Adapter(kind, options) if options else None


def _table(slot: Slot, of: AdapterOf) -> Table | None:
    if isinstance(slot.node, Table):
        return slot.node
    slot.wrong(f"`{slot.key}` takes a mapping, not {said(slot.node)}", f"write `{of.key}: KIND` and its options in it")
    return None


def read_metrics(slot: Slot, variables: Variables, asked: Asked = NO_DATABASES) -> Measured:
    """Return what is measured. `over` and `enough` of a traffic metric hold for all of them."""
    measured = Measured()
    windows: dict[Window, str] = {}
    for inner in values.entries(slot, "a metric"):
        if inner.key in TRAFFIC_METRICS or _names_router(inner):
            _traffic_metric(inner, windows)
            continue
        metric = _metric(inner, variables, asked)
        measured.units[inner.key] = metric.unit if metric else None
        if metric:
            measured.metrics.append(metric)
        if metric and metric.source == PERSON:
            measured.units.scales[metric.name] = metric.options.scale
    if windows:
        measured.window = next(iter(windows))
    return measured


def _names_router(slot: Slot) -> bool:
    entry = slot.node.entries.get("from") if isinstance(slot.node, Table) else None
    return entry is not None and getattr(entry.node, "text", "") == "router"


def _traffic_metric(slot: Slot, windows: dict[Window, str]) -> None:
    if slot.key not in TRAFFIC_METRICS:
        what = f"the router does not measure {quote(slot.key)}"
        slot.notes.add(slot.key_place, what, did_you_mean(slot.key, TRAFFIC_METRICS))
        return
    if not _names_router(slot):
        what = f"`{slot.key}` comes from the router, from nowhere else"
        hint = f"write `from: router`, or give this metric a name of its own, such as `measured_{slot.key}`"
        slot.notes.add(slot.key_place, what, hint)
        return
    fields = values.fields(slot, TRAFFIC_METRIC)
    if fields is None:
        return
    usual = Window()
    over = fields.read_or("over", values.duration, usual.over)
    window = Window(over, fields.read_or("enough", values.count, usual.enough))
    first = next(iter(windows.values()), slot.key)
    windows.setdefault(window, slot.key)
    if len(windows) > 1 and windows[window] == slot.key:
        what = f"`{slot.key}` is read over another window than `{first}`; all traffic metrics share one"
        slot.notes.add(slot.key_place, what, f"write `over` and `enough` once, at `{first}`")


def _metric(slot: Slot, variables: Variables, asked: Asked) -> Metric | None:
    table = _table(slot, SOURCE)
    kind = read_kind(slot, table, SOURCE) if table else None
    module = read_module(slot, table, SOURCE, kind) if table and kind else None
    if not (table and kind and module):
        return None
    said_unit = _said_unit(slot, table)
    options = read_options(slot, table, module.Options, variables.used_late(), ("from", "unit"))
    if options is None:
        return None
    asked.refuse_unknown(slot, table, options)
    asked.refuse_strangers(slot, table, options)
    known = unit_word(module, slot.key, options)
    unit = _settled_unit(slot, table, said_unit, Unit(known) if known is not None else None)
    return Metric(slot.key, kind, unit, options) if unit is not None else None


def _said_unit(slot: Slot, table: Table) -> Unit | None:
    entry = table.entries.get("unit")
    if entry is None:
        return None
    inner = Slot("unit", entry.node, slot.notes, entry.key.place)
    node = inner.scalar(Form.UNIT)
    known: Mapping[str, Unit] = {unit.value or _NO_UNIT: unit for unit in Unit}
    if node and node.text not in known:
        inner.wrong(
            f"{quote(node.text)} is no unit that a metric can have", f"write {Form.UNIT.value[len('a unit: ') :]}"
        )
    return known.get(node.text) if node else None


def _settled_unit(slot: Slot, table: Table, said_unit: Unit | None, known: Unit | None) -> Unit | None:
    place: Place = table.entries["unit"].node.place if "unit" in table.entries else slot.key_place
    if known is None and "unit" not in table.entries:
        what = f"nothing says in which unit `{slot.key}` is measured"
        slot.notes.add(place, what, "add `unit: '%'`, or `s`, `1/s`, `B`, `number`")
        return None
    if known is not None and said_unit is not None and said_unit is not known:
        what = f"`{slot.key}` is measured in `{known.value or _NO_UNIT}`, not in `{said_unit.value or _NO_UNIT}`"
        slot.notes.add(place, what, "remove `unit`")
        return None
    return known if known is not None else said_unit
