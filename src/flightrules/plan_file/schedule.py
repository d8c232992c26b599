"""Reads `schedule`: clock times and time budgets of the phases of a deployment day."""

from __future__ import annotations

from collections.abc import Sequence

from flightrules.domain.schedule import PHASES, PhaseTime
from flightrules.plan_file import values
from flightrules.plan_file.approvals import Refuse
from flightrules.plan_file.clock_times import clock
from flightrules.plan_file.people_vocabulary import PHASE
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Slot


def read_schedule(slot: Slot, stages: Sequence[str], refuse: Refuse) -> dict[str, PhaseTime]:
    """Return what is agreed, by phase; `stages` are the names of all stages."""
    read = [_phase(inner, stages, refuse) for inner in values.entries(slot, "a phase")]
    return {each.phase: each for each in read if each}


def _phase(slot: Slot, stages: Sequence[str], refuse: Refuse) -> PhaseTime | None:
    known = (*PHASES, *stages)
    if slot.key not in known:
        what = f"there is no phase {quote(slot.key)}"
        slot.notes.add(slot.key_place, what, did_you_mean(slot.key, known))
    elif slot.key in PHASES and slot.key in stages:
        what = f"{quote(slot.key)} is a stage and a phase of every release"
        slot.notes.add(slot.key_place, what, "give the stage another name")
    fields = values.fields(slot, PHASE)
    if fields is None:
        return None
    budget = fields.read("budget", values.duration)
    ask = fields.read("overrun", lambda inner: _overrun(inner, refuse)) or ""
    if fields.slot("at") is None and fields.slot("budget") is None:
        fields.notes.add(slot.key_place, "nothing is agreed about this phase", "write `at: 09:30` or `budget: 30m`")
    elif fields.slot("overrun") and fields.slot("budget") is None:
        fields.complain("overrun", "without a budget nothing is overrun", "add `budget: 30m`, or remove `overrun`")
    return PhaseTime(slot.key, fields.read("at", clock), budget, ask)


def _overrun(slot: Slot, refuse: Refuse) -> str | None:
    """Return the role that is asked; empty where people are only told."""
    node = slot.scalar(Form.OVERRUN)
    if node is None:
        return None
    word, _, role = " ".join(node.text.split()).partition(" ")
    if word == "warn" and not role:
        return ""
    if word != "ask" or not values.NAME.fullmatch(role):
        slot.wrong(f"{quote(node.text)} is nothing that an overrun leads to", f"write {Form.OVERRUN.value}")
        return None
    refuse(role, slot)
    return role
