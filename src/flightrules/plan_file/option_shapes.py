"""Turns nodes into what an adapter's pydantic model takes, guided by the types of its fields."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from flightrules.domain.unset import missing
from flightrules.plan_file import units
from flightrules.plan_file.grammar import GrammarError
from flightrules.plan_file.nodes import Items, Node, Scalar, Table
from flightrules.plan_file.problems import Notes, did_you_mean, nearest, quote
from flightrules.plan_file.values import Slot
from flightrules.plan_file.variables import Variables, mentions

Location = tuple[int | str, ...]
_GRAMMAR = {"duration": units.duration, "size": units.size}


class Filler:
    """Walks nodes and types side by side, remembers what stands where, and notes what cannot be read.

    `slots` holds, by location as pydantic names it, the value and the field of the model that it belongs to;
    `bad` the locations that already have a problem of their own, `environment` what the `${NAME}` of shell lines are.
    """

    def __init__(self, notes: Notes, variables: Variables) -> None:
        self._notes = notes
        self._variables = variables
        self.slots: dict[Location, tuple[Slot, FieldInfo | None]] = {}
        self.bad: set[Location] = set()
        self.environment: dict[str, str] = {}
        self._fill = variables.fill
        self._passed_over: dict[Location, set[str]] = {}

    def nearest(self, location: Location) -> Location | None:
        """Return the known location that `location` belongs to; pydantic puts names of types in between.

        None where it is about a type that the mapping was not taken for, or where a problem is noted already.
        """
        found: Location = ()
        for part in location:
            if (*found, part) in self.slots:
                found = (*found, part)
            elif part in self._passed_over.get(found, ()):
                return None
        return None if any(bad[: len(found)] == found or found[: len(bad)] == bad for bad in self.bad) else found

    def model(self, slot: Slot, model: type[BaseModel], where: Location) -> dict[str, Any]:
        """Return the mapping in `slot` for `model`; notes unknown and missing keys."""
        self.slots.setdefault(where, (slot, None))
        assert isinstance(slot.node, Table)
        known = {field.alias or name: field for name, field in model.model_fields.items()}
        plain = {}
        meant = set()
        for name, entry in slot.node.entries.items():
            here = (*where, name)
            if name not in known:
                meant.add(nearest(name, known))
                self._notes.add(entry.key.place, f"`{slot.key}` has no key {quote(name)}", did_you_mean(name, known))
                self.bad.add(here)
                continue
            inner = Slot(name, entry.node, self._notes, entry.key.place)
            self.slots[here] = (inner, known[name])
            plain[name] = self._field(inner, known[name], here)
        for name, field in known.items():
            if field.is_required() and name not in slot.node.entries:
                self.slots[(*where, name)] = (slot, field)
                self.bad.add((*where, name))
                if name not in meant:
                    self._missing(slot, name, field)
        return plain

    def _field(self, slot: Slot, field: FieldInfo, where: Location) -> Any:
        if _is_shell(field) and isinstance(slot.node, Scalar) and not slot.node.empty:
            return self._shell_line(slot.node)
        fill = self._fill
        if _used_late(field):
            self._fill = self._variables.fill_late
        try:
            return self._value(slot, field.annotation, where, mark_of(field))
        finally:
            self._fill = fill

    def _shell_line(self, node: Scalar) -> str:
        line, environment = self._variables.for_shell(node, self._notes)
        self.environment |= environment
        return line

    def _missing(self, slot: Slot, name: str, field: FieldInfo) -> None:
        hint = f"write `{name}: …`" + (f" ({field.description})" if field.description else "")
        self._notes.add(slot.key_place, f"`{slot.key}` needs the key `{name}`", hint)

    def _value(self, slot: Slot, annotation: Any, where: Location, mark: str) -> Any:
        self.slots.setdefault(where, (slot, None))
        members = list(_members(annotation, mark))
        if isinstance(slot.node, Scalar):
            return self._scalar(slot, slot.node, members, where)
        if isinstance(slot.node, Items):
            return self._items(slot.node, members, slot, where)
        return self._table(slot, slot.node, members, where)

    def _scalar(self, slot: Slot, node: Scalar, members: list[tuple[Any, str]], where: Location) -> Any:
        if node.empty:
            if not any(kind is type(None) for kind, _ in members):
                self._refuse(slot, where, f"`{slot.key}` has no value", "write one, or remove the key")
            return None
        if any(kind is SecretStr for kind, _ in members) and not mentions(node.text):
            hint = "put it into .env beside the plan, and write `${NAME}` here"
            self._refuse(slot, where, f"`{slot.key}` is a secret, and a plan is no place for one", hint)
            return None
        marks = [mark for _, mark in members if mark]
        text = self._filled(node, where)
        if marks and text:
            return self._measured(slot, node, text, marks[0], where)
        return next((value for value in _literals(members) if text == str(value).lower()), text)

    def _filled(self, node: Scalar, where: Location) -> str:
        before = len(self._notes.problems)
        text = self._fill(node, self._notes)
        if len(self._notes.problems) > before:
            self.bad.add(where)
        return text

    def _measured(self, slot: Slot, node: Scalar, text: str, mark: str, where: Location) -> Any:
        try:
            return _GRAMMAR[mark](text)
        except GrammarError as error:
            self.bad.add(where)
            if missing(text):
                self._variables.insist(node, self._notes)
            elif mentions(node.text):
                self._notes.add(node.place, f"what {quote(node.text)} stands for is no {mark}", error.hint)
            else:
                self._notes.add(node.at(error.at), error.what, error.hint)
            return None

    def _refuse(self, slot: Slot, where: Location, what: str, hint: str) -> None:
        slot.wrong(what, hint)
        self.bad.add(where)

    def _items(self, node: Items, members: list[tuple[Any, str]], slot: Slot, where: Location) -> list[Any]:
        of = next((get_args(kind) for kind, _ in members if get_origin(kind) in (list, tuple, Sequence)), ())
        annotation = of[0] if of else Any
        return [
            self._value(Slot(slot.key, inner, self._notes, inner.place), annotation, (*where, index), "")
            for index, inner in enumerate(node.nodes)
        ]

    def _table(self, slot: Slot, node: Table, members: list[tuple[Any, str]], where: Location) -> dict[str, Any]:
        models = [kind for kind, _ in members if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if models:
            chosen = _closest(models, node)
            self._passed_over[where] = {model.__name__ for model in models} - {chosen.__name__}
            return self.model(slot, chosen, where)
        of = next((get_args(kind) for kind, _ in members if get_origin(kind) in (dict, Mapping)), ())
        annotation = of[1] if len(of) == 2 else Any
        return {name: self._named(name, entry.node, annotation, where) for name, entry in node.entries.items()}

    def _named(self, name: str, node: Node, annotation: Any, where: Location) -> Any:
        # Values under names of the user's own choosing (environment, headers) may be plain text even where they
        # are kept secret: most of them are none.
        slot = Slot(name, node, self._notes, node.place)
        if isinstance(node, Scalar) and any(kind is SecretStr for kind, _ in _members(annotation, "")):
            self.slots.setdefault((*where, name), (slot, None))
            return self._filled(node, (*where, name))
        return self._value(slot, annotation, (*where, name), "")


def _members(annotation: Any, mark: str) -> Iterator[tuple[Any, str]]:
    """Yield each type that a union allows, with the mark that its annotations carry."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        marks = [mark_of(extra) for extra in metadata if isinstance(extra, FieldInfo)]
        yield from _members(inner, next((found for found in marks if found), mark))
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _members(member, mark if member is not type(None) else "")
    else:
        yield annotation, mark


def _literals(members: list[tuple[Any, str]]) -> Iterator[Any]:
    """Yield each value that is no text, of those that a field takes literally (`tcp: true`)."""
    for kind, _ in members:
        if get_origin(kind) is Literal:
            yield from (value for value in get_args(kind) if not isinstance(value, str))


def mark_of(field: FieldInfo) -> str:
    """Return `duration` or `size` for a field that is one."""
    extra = field.json_schema_extra
    mark = extra.get("flight") if isinstance(extra, dict) else None
    return mark if isinstance(mark, str) and mark in _GRAMMAR else ""


def _used_late(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("used") == "late"


def _is_shell(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("flight") == "shell"


def _closest(models: list[type[BaseModel]], node: Table) -> type[BaseModel]:
    return max(models, key=lambda model: len(node.entries.keys() & model.model_fields.keys()))
