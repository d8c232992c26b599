"""Reads `rollback.severities`: what was agreed about each severity."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from flightrules.domain.severities import LEVELS, AskPeople, Decision, Severity
from flightrules.plan_file import grammar, values
from flightrules.plan_file.approvals import Refuse, read_roles
from flightrules.plan_file.grammar import DecisionText
from flightrules.plan_file.nodes import Scalar, Table
from flightrules.plan_file.people_vocabulary import SEVERITIES, SEVERITY
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Fields, Slot

USUAL = AskPeople()

_ABOUT_A_QUESTION = ("within", "otherwise", "remind")


def named_severities(slot: Slot | None) -> list[str]:
    """Return the severities about which something is said, also where that cannot be read, the worst first."""
    entry = slot.node.entries.get("severities") if slot and isinstance(slot.node, Table) else None
    said = entry.node.entries if entry and isinstance(entry.node, Table) else {}
    return [level for level in LEVELS if level in said]


def read_severities(slot: Slot, refuse: Refuse) -> Mapping[str, Severity]:
    """Return what follows each severity, the worst first; notes roles that nobody has."""
    fields = values.fields(slot, SEVERITIES)
    if fields is None:
        return {}
    read = {level: fields.read(level, lambda inner: _severity(inner, refuse)) for level in LEVELS}
    agreed = {level: each for level, each in read.items() if each}
    _check_order(agreed, fields)
    return agreed


def _check_order(agreed: Mapping[str, Severity], fields: Fields) -> None:
    """Note a severity that is left while a milder one is not: what gets worse would be left alone."""
    left = [level for level, each in agreed.items() if each.then is Decision.FIX_FORWARD]
    for worse_one, milder in pairwise(agreed):
        if worse_one in left and milder not in left:
            what = f"{worse_one} is fixed forward, and {milder} is not, although it is milder"
            fields.complain(worse_one, what, "the smaller the number, the worse: change the order")


def _severity(slot: Slot, refuse: Refuse) -> Severity | None:
    if isinstance(slot.node, Scalar):
        said = _decision(slot, refuse)
        return Severity(said) if said else None
    fields = values.fields(slot, SEVERITY)
    if fields is None:
        return None
    watch = fields.read("watch", values.duration)
    then = _then(fields, refuse)
    return Severity(then, watch or 0.0) if then else None


def _then(fields: Fields, refuse: Refuse) -> Decision | AskPeople | None:
    """Return what is done: what `then` says, or the question to those whom `ask` names."""
    if fields.slot("ask") and fields.slot("then"):
        fields.complain("then", "either people are asked, or it says what is done", "keep `ask` or `then`")
        return None
    if fields.slot("ask"):
        roles = fields.read("ask", lambda inner: read_roles(inner, refuse))
        return _question(AskPeople(roles or ()), fields)
    then = fields.slot("then")
    if then is None:
        fields.notes.add(
            fields.place, "this severity does not say what is done", "write `then: roll back`, or `ask: ROLE`"
        )
        return None
    return _done(then, fields, refuse)


def _done(slot: Slot, fields: Fields, refuse: Refuse) -> Decision | AskPeople | None:
    then = _decision(slot, refuse)
    return _question(then, fields) if isinstance(then, AskPeople) else _without_question(then, fields)


def _question(asked: AskPeople, fields: Fields) -> AskPeople:
    return AskPeople(
        asked.roles,
        fields.read_or("within", values.duration, USUAL.within),
        fields.read_or("otherwise", _otherwise, USUAL.otherwise),
        fields.read_or("remind", values.duration, USUAL.remind),
    )


def _without_question(then: Decision | None, fields: Fields) -> Decision | None:
    for key in _ABOUT_A_QUESTION:
        if then and fields.slot(key):
            fields.complain(
                key, f"`{key}` is about a question, and nobody is asked here", f"remove `{key}`, or add `ask`"
            )
    return then


def _decision(slot: Slot, refuse: Refuse) -> Decision | AskPeople | None:
    read = slot.parse(grammar.decision, Form.DECISION)
    if read is None or read.decision is not None:
        return read.decision if read else None
    return AskPeople(_role(slot, read, refuse))


def _role(slot: Slot, read: DecisionText, refuse: Refuse) -> tuple[str, ...]:
    """Return the role of `ask ROLE`; nobody in particular where none is named."""
    if read.role:
        refuse(read.role, slot)
    return (read.role,) if read.role else ()


def _otherwise(slot: Slot) -> Decision | None:
    read = slot.parse(grammar.decision, Form.DECISION)
    if read and read.decision is None:
        what = "nobody has answered, so nobody can be asked"
        slot.wrong(what, "write `roll back`, `fix forward` or `shut down`")
    return read.decision if read else None
