"""Reads what was agreed about the score of all gates: `readiness` among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from flightrules.domain.agreed_score import AgreedScore
from flightrules.plan_file import values
from flightrules.plan_file.check_vocabulary import READINESS
from flightrules.plan_file.nodes import Table
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Slot

READY = "readiness"
"""Stands among the gates, and is none."""

_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?")


def read_readiness(gates: Slot) -> AgreedScore | None:
    """Return what stands under `readiness` of the gates; None where nothing does."""
    entry = gates.node.entries.get(READY) if isinstance(gates.node, Table) else None
    if entry is None or not isinstance(gates.node, Table):
        return None
    slot = Slot(READY, entry.node, gates.notes, entry.key.place)
    fields = values.fields(slot, READINESS)
    if fields is None:
        return None
    there = [name for name in gates.node.entries if name != READY]
    weights = fields.read("weights", lambda inner: _weights(inner, there)) or {}
    return AgreedScore(fields.read_or("at_least", _score, 0.0), weights)


def _weights(slot: Slot, gates: Sequence[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for inner in values.entries(slot, "a weight"):
        if inner.key not in gates:
            slot.notes.add(inner.key_place, f"there is no gate {quote(inner.key)}", did_you_mean(inner.key, gates))
        weight = _number(inner, Form.WEIGHT, lambda number: True)
        if weight is not None:
            weights[inner.key] = weight
    if weights and not any(weights.get(gate, 1.0) for gate in gates):
        slot.wrong("no gate has a weight, so there is no score", "give at least one of them more than 0")
    return weights


def _score(slot: Slot) -> float | None:
    return _number(slot, Form.SCORE, lambda number: number <= 100)


def _number(slot: Slot, form: Form, fits: Callable[[float], bool]) -> float | None:
    node = slot.scalar(form)
    if node is None:
        return None
    if not _NUMBER.fullmatch(node.text) or not fits(float(node.text)):
        slot.wrong(f"`{slot.key}` takes {form.value}, not {quote(node.text)}", f"write {form.value}")
        return None
    return float(node.text)
