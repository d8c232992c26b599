"""What stands under `target:`, `traffic:` and each metric: an adapter, and the options that it declares itself.

Options are pydantic models of the adapters. Texts are handed to pydantic as they were written, but fields marked as
durations and sizes are read by the plan's own grammar first, and `${NAME}` is filled in. What pydantic finds wrong
is said in the words of the plan, at the place of the value; no value that came from a variable is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from pydantic import BaseModel, ValidationError

from flightrules import adapters
from flightrules.adapters import UnknownKind
from flightrules.domain.unset import missing
from flightrules.plan_file.nodes import Node, Scalar, Table, said
from flightrules.plan_file.option_shapes import Filler, Location
from flightrules.plan_file.option_words import explain
from flightrules.plan_file.problems import quote
from flightrules.plan_file.shapes import AdapterOf, Form
from flightrules.plan_file.values import Slot, checked_name
from flightrules.plan_file.variables import Variables
from flightrules.plan_file.vocabulary import KINDS_LATER


def read_kind(slot: Slot, table: Table, of: AdapterOf) -> str | None:
    """Return which adapter the mapping names."""
    entry = table.entries.get(of.key)
    if entry is None:
        known = ", ".join(adapters.kinds(of.family))
        slot.notes.add(slot.key_place, f"`{slot.key}` needs the key `{of.key}`", f"known kinds: {known}")
        return None
    inner = Slot(of.key, entry.node, slot.notes, entry.key.place)
    node = inner.scalar(Form.NAME)
    return checked_name(node, inner) if node else None


def read_module(slot: Slot, table: Table, of: AdapterOf, kind: str) -> ModuleType | None:
    """Return the module of an adapter that declares options; notes why there is none."""
    place = table.entries[of.key].node.place
    try:
        module = adapters.module(of.family, kind)
    except UnknownKind as error:
        if kind in KINDS_LATER[of.family]:
            known = ", ".join(adapters.kinds(of.family))
            slot.notes.add(place, f"the kind `{kind}` is not supported yet", f"known kinds: {known}")
        else:
            slot.notes.add(place, error.what, error.do)
        return None
    if not issubclass(getattr(module, "Options", object), BaseModel):
        what = f"the kind `{kind}` declares no options: {module.__name__} has no pydantic model `Options`"
        slot.notes.add(place, what, "use another kind, or tell the author of this one")
        return None
    return module


def read_options(
    slot: Slot, table: Table, model: type[BaseModel], variables: Variables, besides: Iterable[str]
) -> BaseModel | None:
    """Return the options in `table`, without the keys `besides` them; notes everything that is wrong."""
    return read_with_environment(slot, table, model, variables, besides)[0]


def read_with_environment(
    slot: Slot, table: Table, model: type[BaseModel], variables: Variables, besides: Iterable[str]
) -> tuple[BaseModel | None, dict[str, str]]:
    """Return the options in `table`, and what the `${NAME}` of shell lines in them stand for."""
    own = {key: entry for key, entry in table.entries.items() if key not in besides or key in model.model_fields}
    filler = Filler(slot.notes, variables)
    plain = filler.model(Slot(slot.key, Table(own, table.place), slot.notes, slot.key_place), model, ())
    try:
        options = model.model_validate(plain)
    except ValidationError as error:
        _note(error, filler, variables)
        return None, filler.environment
    return None if filler.bad else options, filler.environment


def _note(error: ValidationError, filler: Filler, variables: Variables) -> None:
    told: set[Location] = set()
    for complaint in error.errors(include_url=False):
        where = filler.nearest(complaint["loc"])
        if where is None or where in told:
            continue
        told.add(where)
        slot, field = filler.slots[where]
        if isinstance(slot.node, Scalar) and missing(str(complaint["input"])):
            variables.insist(slot.node, slot.notes)
            continue
        what, hint = explain(slot.key, _found(slot.node), complaint, field)
        slot.wrong(_without(variables.secrets, what, slot.key), hint)


def _found(node: Node) -> str:
    return quote(node.text) if isinstance(node, Scalar) else said(node)


def _without(secrets: Iterable[str], what: str, key: str) -> str:
    if any(secret in what for secret in secrets):
        return f"`{key}` cannot have this value"
    return what


def unit_word(module: ModuleType, name: str, options: BaseModel) -> str | None:
    """Return the unit that the metric source itself knows for the metric `name`; None where the plan must say it."""
    unit_of = getattr(module, "unit_of", None)
    unit = unit_of(name, options) if unit_of else None
    return None if unit is None else str(unit)
