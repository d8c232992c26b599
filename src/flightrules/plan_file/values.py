"""Reads single values, lists and mappings of a plan. A reader returns None where it noted a problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flightrules.domain.traffic import Share
from flightrules.plan_file import units
from flightrules.plan_file.grammar import GrammarError
from flightrules.plan_file.nodes import Items, Node, Scalar, Table, said
from flightrules.plan_file.problems import Notes, Place, did_you_mean, nearest, quote
from flightrules.plan_file.shapes import Form, Key, Section
from flightrules.plan_file.variables import mentions

T = TypeVar("T")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A node, the key that it stands under, and where that key is."""

    key: str
    node: Node
    notes: Notes
    key_place: Place

    @property
    def place(self) -> Place:
        """Where the value begins; where its key stands, if there is no value."""
        return self.key_place if isinstance(self.node, Scalar) and self.node.empty else self.node.place

    def wrong(self, what: str, hint: str) -> None:
        """Note a problem with the whole value."""
        self.notes.add(self.place, what, hint)

    def scalar(self, form: Form) -> Scalar | None:
        """Return the value as text in which no variable stands."""
        node = self.written(form)
        if node and mentions(node.text):
            what = f"a variable cannot stand in `{self.key}`: what was agreed stands in the plan itself"
            self.wrong(what, f"write {form.value}")
            return None
        return node

    def written(self, form: Form) -> Scalar | None:
        """Return the value as text, variables and all."""
        if isinstance(self.node, Scalar) and not self.node.empty and self.node.text.strip():
            return self.node
        self.wrong(f"`{self.key}` takes {form.value}, not {said(self.node)}", f"write {form.value}")
        return None

    def parse(self, read: Callable[[str], T], form: Form) -> T | None:
        """Return what `read` makes of the text; its complaint is noted at the right character."""
        node = self.scalar(form)
        if node is None:
            return None
        try:
            return read(node.text)
        except GrammarError as error:
            self.notes.add(node.at(error.at), error.what, error.hint)
            return None


class Fields:
    """A mapping with known keys, read key by key."""

    def __init__(self, slot: Slot, table: Table, section: Section) -> None:
        self._slot = slot
        self._table = table
        self.notes = slot.notes
        admit(slot, table, section.called, section.keys)

    @property
    def place(self) -> Place:
        """Where the mapping is named."""
        return self._slot.key_place

    def slot(self, key: str) -> Slot | None:
        """Return what stands under `key`; None where nothing does."""
        entry = self._table.entries.get(key)
        return Slot(key, entry.node, self._slot.notes, entry.key.place) if entry else None

    def read(self, key: str, reader: Callable[[Slot], T | None]) -> T | None:
        """Return what `reader` makes of the value under `key`; None where there is none (noted, if required)."""
        slot = self.slot(key)
        return reader(slot) if slot else None

    def complain(self, key: str, what: str, hint: str) -> None:
        """Note a problem with the value under `key`, which is there."""
        self.notes.add(self._table.entries[key].node.place, what, hint)

    def names(self, key: str, inner: str = "") -> list[str]:
        """Return every name that stands under `key`, also of what could not be read: of a mapping its keys,
        of a list of mappings what each has under `inner`."""
        entry = self._table.entries.get(key)
        if entry and isinstance(entry.node, Table):
            return list(entry.node.entries)
        nodes = entry.node.nodes if entry and isinstance(entry.node, Items) else ()
        named = [node.entries[inner].node for node in nodes if isinstance(node, Table) and inner in node.entries]
        return [node.text for node in named if isinstance(node, Scalar)]

    def read_or(self, key: str, reader: Callable[[Slot], T | None], default: T) -> T:
        """Return the value under `key`, or `default` where there is none, or none that can be read (noted)."""
        value = self.read(key, reader)
        return default if value is None else value


def admit(slot: Slot, table: Table, called: str, keys: Sequence[Key]) -> None:
    """Note every key that is unknown, not supported yet, or missing; a missing key is not noted beside its typo."""
    known = {key.name: key for key in keys}
    usable = [key.name for key in keys if not key.later]
    meant = set()
    for name, entry in table.entries.items():
        if name not in known:
            meant.add(nearest(name, usable))
            slot.notes.add(entry.key.place, f"{called} has no key {quote(name)}", did_you_mean(name, usable))
        elif later := known[name].later:
            what = f"`{name}` is not supported yet: this version of flight does not carry out {later}"
            slot.notes.add(entry.key.place, what, f"remove `{name}`")
    for key in keys:
        if key.required and key.name not in table.entries and key.name not in meant:
            hint = f"write `{key.name}: …`" + (f" ({key.means})" if key.means else "")
            slot.notes.add(slot.key_place, f"{called} needs the key `{key.name}`", hint)


def fields(slot: Slot, section: Section) -> Fields | None:
    """Return the mapping in `slot`, its keys checked."""
    if isinstance(slot.node, Table):
        return Fields(slot, slot.node, section)
    known = [f"`{key.name}`" for key in section.keys if not key.later]
    hint = f"write the key{'s'[: len(known) - 1]} {', '.join(known)} here"
    slot.wrong(f"{section.called} is a mapping, not {said(slot.node)}", hint)
    return None


def part(slot: Slot, table: Table, section: Section) -> Fields:
    """Return those keys of a mapping that the plan itself knows, apart from the options of an adapter."""
    own = {key.name for key in section.keys}
    mine = Table({name: entry for name, entry in table.entries.items() if name in own}, table.place)
    return Fields(Slot(slot.key, mine, slot.notes, slot.key_place), mine, section)


def entries(slot: Slot, of: str) -> Iterator[Slot]:
    """Yield what stands under each name of a mapping of `of`; notes names that cannot be one."""
    if not isinstance(slot.node, Table) or not slot.node.entries:
        slot.wrong(
            f"`{slot.key}` takes names with {of} each, not {said(slot.node)}", f"write `NAME:` and {of} below it"
        )
        return
    for name, entry in slot.node.entries.items():
        inner = Slot(name, entry.node, slot.notes, entry.key.place)
        if checked_name(entry.key, inner):
            yield inner


def items(slot: Slot, of: str) -> Iterator[Slot]:
    """Yield each part of a list of `of`, which must not be empty."""
    if not isinstance(slot.node, Items) or not slot.node.nodes:
        slot.wrong(
            f"`{slot.key}` takes a list of {of}, not {said(slot.node)}", "begin each part with `- `, or remove the key"
        )
        return
    for node in slot.node.nodes:
        yield Slot(slot.key, node, slot.notes, node.place)


def one_or_many(slot: Slot, of: str) -> Iterator[Slot]:
    """Yield the value, or each part of a list of values."""
    if isinstance(slot.node, Items):
        yield from items(slot, of)
    else:
        yield slot


def checked_name(node: Scalar, slot: Slot) -> str | None:
    """Return the name in `node`, if it can be one."""
    if NAME.fullmatch(node.text):
        return node.text
    hint = "use letters, digits, `-`, `_` and `.`, at most 63, and begin with a letter or a digit"
    slot.notes.add(node.place, f"{quote(node.text)} cannot be a name", hint)
    return None


def name(slot: Slot) -> str | None:
    """Read a name."""
    node = slot.scalar(Form.NAME)
    return checked_name(node, slot) if node else None


def text(slot: Slot) -> str | None:
    """Read plain text."""
    node = slot.scalar(Form.TEXT)
    return node.text if node else None


def truth(slot: Slot) -> bool | None:
    """Read `true` or `false`."""
    node = slot.scalar(Form.TRUTH)
    if node is None:
        return None
    if node.text not in ("true", "false"):
        slot.wrong(f"`{slot.key}` takes true or false, not {quote(node.text)}", "write `true` or `false`")
        return None
    return node.text == "true"


def count(slot: Slot) -> int | None:
    """Read a whole number from 1."""
    node = slot.scalar(Form.COUNT)
    if node is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,8}", node.text):
        slot.wrong(f"`{slot.key}` takes a whole number from 1, not {quote(node.text)}", "write for example `50`")
        return None
    return int(node.text)


def share(slot: Slot) -> Share | None:
    """Read a share of the traffic."""
    return slot.parse(units.share, Form.SHARE)


def duration(slot: Slot) -> float | None:
    """Read a duration longer than nothing, as seconds."""
    seconds = slot.parse(units.duration, Form.DURATION)
    if seconds == 0:
        slot.wrong(f"`{slot.key}` cannot be 0", f"write {Form.DURATION.value}")
        return None
    return seconds
