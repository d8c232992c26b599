"""YAML text to a tree of nodes, each of which knows where it stands.

The tree is made from parser events, not by a constructor: nothing in the file can create an object, values stay
the text that was written (`on`, `1:30` and `007` mean what they say), and a file that unfolds to far more than it
shows is refused while it is read. Tags and keys that are no text are refused; anchors, aliases and `<<` are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from flightrules.plan_file.problems import START, Notes, Place, quote
from flightrules.plan_file.syntax import explain

DEEPEST = 50
"""Levels. A plan needs seven."""
MOST_NODES = 50_000
MOST_BORROWED = 5_000
"""Nodes that come in through aliases; a small file can unfold to billions of them."""
_NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value as it was written. `inset` is how far its text lies behind `place`; None where it was folded."""

    text: str
    place: Place
    plain: bool = True
    inset: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was written."""
        return self.plain and self.text in _NULLS

    def at(self, offset: int) -> Place:
        """Return the place of the character at `offset`; of the whole value where its text was folded."""
        if self.inset is None:
            return self.place
        return Place(self.place.line, self.place.column + self.inset + offset)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping, and what it holds."""

    key: Scalar
    node: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, in the order of the file."""

    entries: dict[str, Entry]
    place: Place


Node = Scalar | Items | Table


def compose(text: str, notes: Notes) -> Node:
    """Return the tree of the one document in `text`; raises `PlanProblems` where the YAML cannot be read."""
    try:
        return _Composer(text, notes).document()
    except yaml.YAMLError as error:
        place, what, hint = explain(error, text)
        notes.stop(place, what, hint)


def said(node: Node) -> str:
    """Return in words what kind of node this is."""
    if isinstance(node, Items):
        return "a list" if node.nodes else "an empty list"
    if isinstance(node, Table):
        return "a mapping" if node.entries else "an empty mapping"
    return "nothing" if node.empty else "text" if node.text.strip() else "an empty text"


class _Composer:
    def __init__(self, text: str, notes: Notes) -> None:
        self._text = text
        self._notes = notes
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0
        self._borrowed = 0

    def document(self) -> Node:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._notes.stop(START, "the file is empty", "`flight init` writes a plan that runs")
        root = self._node(next(self._events), 0)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._notes.stop(_place(after), "a second document begins here", "a plan is one document; remove the `---`")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._count(event, depth)
        before = self._nodes
        node = self._own(event, depth)
        if anchor := getattr(event, "anchor", None):
            self._anchors[anchor] = (node, self._nodes - before + 1)
        return node

    def _own(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(event, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._table(event, depth)
        assert isinstance(event, yaml.ScalarEvent)
        assert event.start_mark is not None
        inset = 1 if event.style in ("'", '"') else 0
        verbatim = self._text.startswith(event.value, event.start_mark.index + inset)
        return Scalar(event.value, _place(event), not event.style, inset if verbatim else None)

    def _count(self, event: yaml.Event, depth: int) -> None:
        self._nodes += 1
        if depth > DEEPEST:
            self._notes.stop(_place(event), f"this is nested more than {DEEPEST} deep", "a plan needs seven levels")
        if self._nodes > MOST_NODES:
            self._notes.stop(_place(event), f"the file has more than {MOST_NODES:,} values", "is this the right file?")
        tag = getattr(event, "tag", None)
        if tag:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            what = f"tags such as {quote(shown)} are not read"
            self._notes.spoil(_place(event), what, "write the value without a tag")

    def _alias(self, event: yaml.AliasEvent) -> Node:
        name = event.anchor or ""
        if name not in self._anchors:
            self._notes.stop(_place(event), f"nothing before this is anchored as `&{name}`", "write the value itself")
        node, size = self._anchors[name]
        self._nodes += size
        self._borrowed += size
        if self._borrowed > MOST_BORROWED:
            what = f"aliases unfold to more than {MOST_BORROWED:,} values here"
            self._notes.stop(_place(event), what, "write the values out, or use fewer aliases")
        return node

    def _items(self, start: yaml.Event, depth: int) -> Items:
        nodes = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            nodes.append(self._node(event, depth + 1))
        return Items(tuple(nodes), _place(start))

    def _table(self, start: yaml.Event, depth: int) -> Table:
        entries: dict[str, Entry] = {}
        borrowed: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            node = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                self._notes.add(key.place, f"a key must be text, not {said(key)}", "write `key: value`")
            elif key.text == "<<" and key.plain:
                borrowed |= self._merged(node)
            elif key.text in entries:
                first = entries[key.text].key.place.line
                self._notes.add(
                    key.place, f"{quote(key.text)} stands here twice", f"line {first} has it first; keep one"
                )
            else:
                entries[key.text] = Entry(key, node)
        return Table(borrowed | entries, _place(start))

    def _merged(self, node: Node) -> dict[str, Entry]:
        tables = node.nodes if isinstance(node, Items) else (node,)
        merged: dict[str, Entry] = {}
        for table in tables:
            if isinstance(table, Table):
                merged = table.entries | merged
            else:
                self._notes.add(table.place, f"`<<` takes a mapping, not {said(table)}", "write `<<: *NAME`")
        return merged


def _place(event: yaml.Event) -> Place:
    assert event.start_mark is not None, "events of a parser have marks"
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)
