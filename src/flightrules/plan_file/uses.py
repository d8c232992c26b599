"""What a plan takes in from the catalogue: `use: [web-service, postgres]` in a list of checks.

`with` has the parameters, `but` what is different here: keys of single checks, by the name of the check in the
catalogue. Each check that comes of it is read as if it stood in the plan; what is wrong with it is said at the place of
the section's name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from flightrules.plan_file import catalogue, values
from flightrules.plan_file.catalogue import MENTION, Chapter, Ready, mentioned
from flightrules.plan_file.check_vocabulary import CHECK, USE
from flightrules.plan_file.nodes import Entry, Items, Node, Scalar, Table, said
from flightrules.plan_file.problems import Notes, Place, did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Slot

_OWN = frozenset(key.name for key in CHECK.own)
_KEPT_WITH_ANOTHER_KIND = _OWN - {"expect", "within", "service"}


class NotesOnOne(Notes):
    """Notes what is wrong with one check of the catalogue, and says which."""

    def __init__(self, of: Notes, name: str) -> None:
        super().__init__(of.file)
        self._of, self._name = of, name
        self.problems = of.problems

    def add(self, place: Place, what: str, hint: str = "") -> None:
        """Note a problem, with the name by which `but` reaches the check."""
        self._of.add(place, f"{what} (check `{self._name}` of the catalogue)", hint)


@dataclass(frozen=True)
class Told:
    """What stands beside `use`: the parameters, and what is different, by check."""

    parameters: Mapping[str, Entry]
    different: Mapping[str, Table]


def is_use(node: Node) -> bool:
    """Return whether a part of a list of checks takes in sections of the catalogue."""
    return isinstance(node, Table) and "use" in node.entries


def taken_in(slot: Slot, kinds: Collection[str]) -> Iterator[Slot]:
    """Yield every check of the sections that `slot` uses, as a plan would have it; notes what is wrong."""
    fields = values.fields(slot, USE)
    if fields is None:
        return
    used = fields.read("use", _chapters) or {}
    told = Told(fields.read_or("with", _parameters, {}), fields.read_or("but", _different, {}))
    if not used:
        return
    _refuse_unknown(slot, told, used)
    for name, place in used.items():
        chapter = catalogue.chapter(name)
        for check, ready in chapter.checks.items():
            made = _made(slot, place, chapter, check, ready, told, kinds)
            if made is not None:
                yield made


def _chapters(slot: Slot) -> dict[str, Place]:
    """Return the sections that are used, and where each is named."""
    known, used = catalogue.names(), dict[str, Place]()
    for inner in values.one_or_many(slot, "sections of the catalogue"):
        node = inner.scalar(Form.NAME)
        if node is None:
            continue
        if node.text not in known:
            hint = did_you_mean(node.text, known, "`flight catalogue` lists them")
            inner.wrong(f"the catalogue has no section {quote(node.text)}", hint)
        elif node.text in used:
            inner.wrong(f"{quote(node.text)} is used twice", "keep one")
        else:
            used[node.text] = node.place
    return used


def _parameters(slot: Slot) -> Mapping[str, Entry]:
    if isinstance(slot.node, Table):
        return slot.node.entries
    slot.wrong(f"`with` takes the parameters of the sections, not {said(slot.node)}", "write `with: {NAME: VALUE}`")
    return {}


def _different(slot: Slot) -> Mapping[str, Table]:
    different = {}
    for inner in values.entries(slot, "keys of a check"):
        if isinstance(inner.node, Table) and inner.node.entries:
            different[inner.key] = inner.node
        else:
            inner.wrong(
                f"`{inner.key}` takes the keys that are different, not {said(inner.node)}",
                f"write for example `{inner.key}: {{mandatory: false}}`",
            )
    return different


def _refuse_unknown(slot: Slot, told: Told, used: Mapping[str, Place]) -> None:
    chapters = [catalogue.chapter(name) for name in used]
    names = [name for chapter in chapters for name in chapter.parameters]
    checks = [name for chapter in chapters for name in chapter.checks]
    for name, entry in told.parameters.items():
        if name not in names:
            hint = did_you_mean(name, names, "`flight catalogue SECTION` has the parameters of one")
            slot.notes.add(entry.key.place, f"no section that is used here has a parameter {quote(name)}", hint)
    for name, table in told.different.items():
        if name not in checks:
            hint = did_you_mean(name, checks, "`flight catalogue SECTION` has the checks of one")
            slot.notes.add(table.place, f"no section that is used here has a check {quote(name)}", hint)


def _made(
    slot: Slot, place: Place, chapter: Chapter, name: str, ready: Ready, told: Told, kinds: Collection[str]
) -> Slot | None:
    """Return one check as a plan would have it; None where a parameter is missing (noted)."""
    different = told.different.get(name)
    keys = _joined(ready.keys, different.entries if different else {}, kinds)
    filling = _Filling(chapter, told, place, slot.notes)
    needed = [one for key, entry in keys.items() if entry is ready.keys.get(key) for one in mentioned(entry.node)]
    missing = [one for one in needed if not filling.has(one)]
    if missing and "not_applicable" not in keys:
        parameter = chapter.parameters[missing[0]]
        what = f"`{chapter.name}` needs the parameter `{missing[0]}`: {parameter.means}"
        slot.notes.add(place, what, f"write `with: {{{missing[0]}: {_shown(parameter.example)}}}` beside `use`")
        return None
    entries = {key: filling.entry(entry) if entry is ready.keys.get(key) else entry for key, entry in keys.items()}
    return Slot(slot.key, Table(entries, place), NotesOnOne(slot.notes, name), place)


def _joined(ready: Mapping[str, Entry], own: Mapping[str, Entry], kinds: Collection[str]) -> dict[str, Entry]:
    """Return a check's keys with those of the plan; what is asked in another way loses what went with the old one."""
    other = [key for key in own if key in kinds and key not in ready]
    kept = {key: entry for key, entry in ready.items() if not other or key in _KEPT_WITH_ANOTHER_KIND}
    return {**kept, **own}


@dataclass(frozen=True)
class _Filling:
    """Puts parameters into a check. What comes from the catalogue stands at the place of the section's name."""

    chapter: Chapter
    told: Told
    place: Place
    notes: Notes

    def has(self, name: str) -> bool:
        """Return whether the parameter has a value."""
        return name in self.told.parameters or self.chapter.parameters[name].default is not None

    def entry(self, entry: Entry) -> Entry:
        """Return a key, and what stands behind it, with the parameters filled in."""
        key = Scalar(self._filled(entry.key.text), self.place, plain=False)
        return Entry(key, self._node(entry.node))

    def _node(self, node: Node) -> Node:
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, Items):
            return Items(tuple(self._node(inner) for inner in node.nodes), self.place)
        entries = [self.entry(entry) for entry in node.entries.values()]
        return Table({entry.key.text: entry for entry in entries}, self.place)

    def _scalar(self, node: Scalar) -> Node:
        whole = MENTION.fullmatch(node.text)
        if whole:
            return self._value(whole[1])
        return Scalar(self._filled(node.text), self.place, plain=False)

    def _filled(self, text: str) -> str:
        return MENTION.sub(lambda found: self._text(found[1]), text)

    def _value(self, name: str) -> Node:
        if name in self.told.parameters:
            return self.told.parameters[name].node
        parameter = self.chapter.parameters[name]
        return self._node(parameter.default or parameter.example)

    def _text(self, name: str) -> str:
        node = self._value(name)
        if isinstance(node, Scalar) and not node.empty:
            return node.text
        self.notes.add(node.place, f"the parameter `{name}` takes one text, not {said(node)}", "write one")
        return ""


def _shown(node: Node) -> str:
    if isinstance(node, Scalar):
        return node.text
    inner = node.nodes if isinstance(node, Items) else [entry.node for entry in node.entries.values()]
    return f"[{', '.join(map(_shown, inner))}]"
