"""Reads `external`: services that the plan depends on and does not run. Each is a check, asked at every look."""

from __future__ import annotations

from flightrules import adapters
from flightrules.adapters import CHECKS
from flightrules.domain import externals
from flightrules.domain.checks import Check
from flightrules.domain.plan import External
from flightrules.plan_file import values
from flightrules.plan_file.checks import usual
from flightrules.plan_file.expectations import Values, read_expectations
from flightrules.plan_file.nodes import Table
from flightrules.plan_file.options import read_options
from flightrules.plan_file.problems import quote
from flightrules.plan_file.services import Measured
from flightrules.plan_file.values import Slot
from flightrules.plan_file.variables import Variables
from flightrules.plan_file.vocabulary import EXTERNAL

KIND = "http"
WITHIN = 5.0
"""Seconds that an answer may take where nothing is said."""


def read_external(slot: Slot, variables: Variables, measured: Measured) -> tuple[External, ...]:
    """Return the external services, each now among what is `measured` too."""
    read = []
    for inner in values.entries(slot, "an external service"):
        external = _external(inner, variables)
        metric = externals.metric_of(inner.key)
        if metric.name in measured.units:
            what = f"{quote(metric.name)} is the name of a metric already"
            slot.notes.add(inner.key_place, what, "give one of them another name")
        measured.units[metric.name] = metric.unit
        if external:
            measured.metrics.append(metric)
            read.append(external)
    return tuple(read)


def _external(slot: Slot, variables: Variables) -> External | None:
    fields = values.fields(slot, EXTERNAL)
    if fields is None or not isinstance(slot.node, Table):
        return None
    module = adapters.module(CHECKS, KIND)
    known = Values(module.VALUES, module.OPEN, ())
    expects = fields.read("expect", lambda inner: read_expectations(inner, known)) or ()
    within = fields.read_or("within", values.duration, WITHIN)
    every = fields.read_or("every", values.duration, 0.0)
    own = {name: entry for name, entry in slot.node.entries.items() if name in module.Options.model_fields}
    if fields.slot("http") is None:
        fields.read("http", values.text)  # notes that it is missing
        return None
    table = Table(own, slot.node.place)
    options = read_options(Slot(slot.key, table, slot.notes, slot.key_place), table, module.Options, variables, ())
    if options is None:
        return None
    if module.needs_service(options):
        fields.complain("http", "an external service has an address of its own", "write it whole: `https://…`")
    named = {each.value for each in expects}
    besides = tuple(each for each in usual(module) if each.value not in named)
    return External(Check(slot.key, KIND, options, within, (*expects, *besides)), every)
