"""Reads the condition of a check `metric`: one about a metric of this plan, that a single look can answer."""

from __future__ import annotations

from flightrules.domain.checks import Expectation
from flightrules.domain.figures import duration
from flightrules.domain.plan import TRAFFIC_METRICS, Condition, FixedLimit, GrowthLimit
from flightrules.plan_file.grammar import GrammarError
from flightrules.plan_file.nodes import Table
from flightrules.plan_file.services import Measured
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.stages import known_condition
from flightrules.plan_file.values import Slot

KIND = "metric"


def read_condition(slot: Slot, table: Table, measured: Measured, within: float) -> tuple[Expectation, ...]:
    """Return what the check `table` expects of its metric; nothing where that was noted to be wrong.

    `within` is how long it may take, in seconds: the window of a metric of the traffic must fit into it.
    """
    if "expect" in table.entries:
        what = "`metric` says itself what must be true, so `expect` says nothing"
        slot.notes.add(table.entries["expect"].key.place, what, "remove `expect`")
    entry = table.entries[KIND]
    if isinstance(entry.node, Table):
        entry = entry.node.entries.get(KIND, entry)
    inner = Slot(KIND, entry.node, slot.notes, entry.key.place)
    expects = inner.parse(lambda text: _expectation(text, measured, within), Form.CONDITION)
    return (expects,) if expects else ()


def _expectation(text: str, measured: Measured, within: float) -> Expectation:
    condition = known_condition(text, measured.units)
    if condition.metric in measured.units.scales:
        what = f"people say {condition.metric} when they can, and a check looks once"
        raise GrammarError(0, what, "write it into `pass` of a stage or of the watch, or make a rule of it")
    if not isinstance(condition.limit, FixedLimit) or condition.lasting:
        raise GrammarError(0, f"{_needs(condition)}, and a check looks once", "make a rule of it")
    window = measured.window.over
    if condition.metric in TRAFFIC_METRICS and window >= within:
        what = f"{condition.metric} is read over {duration(window)}, and this check may take {duration(within)}"
        raise GrammarError(0, what, f"write `within: {duration(window + 60)}`")
    return Expectation(condition.metric, condition.comparison, condition.limit.value, condition.text, usual=True)


def _needs(condition: Condition) -> str:
    if condition.lasting:
        return "what lasts is seen over many looks"
    if isinstance(condition.limit, GrowthLimit):
        return "growth is seen over many looks"
    return "a multiple of the baseline needs two versions side by side"
