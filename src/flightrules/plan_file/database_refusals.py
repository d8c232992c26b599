"""Refuses what was agreed about a database and cannot be done: it must be known in daylight, not on the way back."""

from __future__ import annotations

from collections.abc import Iterator

from flightrules.domain.database_plan import DatabasePlan, Way
from flightrules.domain.errors import DatabaseUnusable
from flightrules.domain.migrations import MigrationClass
from flightrules.domain.unset import missing
from flightrules.plan_file.nodes import Items, Node, Scalar, Table
from flightrules.plan_file.problems import Place
from flightrules.plan_file.questions import cannot, refuse_checks
from flightrules.plan_file.values import Fields, Slot


def refuse_what_cannot_be(slot: Slot, fields: Fields, plan: DatabasePlan) -> None:
    """Note it all, each at its place."""
    _refuse_recipients(slot, plan)
    if plan.migrates:
        refuse_checks(fields, plan)
        _refuse_undo(slot, fields, plan)
        _refuse_restore(slot, fields, plan)
        return
    for key in ("allow", "back", "rehearse", "checks", "rows"):
        if fields.slot(key) is not None:
            fields.complain(key, f"nothing migrates `{plan.name}`, so `{key}` means nothing", "add `migrate: COMMAND`")


def _refuse_undo(slot: Slot, fields: Fields, plan: DatabasePlan) -> None:
    undone = [each for each in MigrationClass if plan.way(each) is Way.UNDO]
    if undone and plan.adapter.options.undo is None:
        what = f"a way back undoes migrations of `{plan.name}` that are {', '.join(undone)}, and nothing says how"
        other = Way.STAY if undone[0] is MigrationClass.EXPAND_ONLY else Way.RESTORE
        hint = f"add `undo: COMMAND`, or agree on another way: `back: {{{undone[0]}: {other}}}`"
        slot.notes.add(_agreed_at(slot, fields, undone), what, hint)


def _refuse_restore(slot: Slot, fields: Fields, plan: DatabasePlan) -> None:
    restored = [each for each in MigrationClass if plan.way(each) is Way.RESTORE]
    why = cannot(plan.adapter).get("switch")
    if restored and why:
        what = f"a way back restores `{plan.name}` after migrations that are {', '.join(restored)}, and cannot: {why}"
        others = ", ".join(f"{each}: stay" for each in restored)
        hint = f"add what is missing, or agree on another way: `back: {{{others}}}`"
        slot.notes.add(_agreed_at(slot, fields, restored), what, hint)


def _agreed_at(slot: Slot, fields: Fields, classes: list[MigrationClass]) -> Place:
    """Return where the plan says so of the first of `classes`; where the database is named, if it says nothing."""
    back = fields.slot("back")
    written = back.node.entries if back and isinstance(back.node, Table) else {}
    return next((written[each].node.place for each in classes if each in written), slot.key_place)


def _refuse_recipients(slot: Slot, plan: DatabasePlan) -> None:
    """Note what is no public key. Without age nobody can tell here; a release looks again before it starts."""
    from flightrules.recovery import encryption

    if not encryption.is_installed():
        return
    for recipient, node in zip(plan.adapter.options.backup.recipients, _recipients(slot.node), strict=False):
        if missing(recipient):
            continue
        try:
            encryption.keys([recipient])
        except DatabaseUnusable as refusal:
            slot.notes.add(node.place, refusal.what.replace(recipient, node.text), refusal.do)


def _recipients(node: Node) -> Iterator[Scalar]:
    for key in ("backup", "recipients"):
        node = node.entries[key].node if isinstance(node, Table) and key in node.entries else Items((), node.place)
    return (each for each in (node.nodes if isinstance(node, Items) else ()) if isinstance(each, Scalar))
