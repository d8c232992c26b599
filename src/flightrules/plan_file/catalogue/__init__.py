"""The catalogue: ready checks that a plan takes in by the name of a section, one YAML file each.

A section has its parameters (`with`), each with what it means, an example and perhaps a default, and its checks by
name, each as it could stand in a plan, with `why` it is asked. `{{NAME}}` in a check stands for a parameter. A section
is read when somebody asks for it, and no other is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flightrules.plan_file.nodes import Entry, Items, Node, Scalar, Table, compose
from flightrules.plan_file.problems import Notes

MENTION = re.compile(r"\{\{([a-z_]+)\}\}")
"""A parameter where it is used."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Parameter:
    """What a section has to be told. Without a `default` a plan must say it."""

    means: str
    example: Node
    default: Node | None


@dataclass(frozen=True)
class Ready:
    """A ready check: its keys as they could stand in a plan, and why it is asked."""

    keys: Mapping[str, Entry]
    why: str

    @property
    def words(self) -> str:
        """What must be true."""
        return _text(self.keys["check"].node)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters that it mentions."""
        return tuple(dict.fromkeys(name for entry in self.keys.values() for name in mentioned(entry.node)))


@dataclass(frozen=True)
class Chapter:
    """One section of the catalogue."""

    name: str
    about: str
    parameters: Mapping[str, Parameter]
    checks: Mapping[str, Ready]


def names() -> tuple[str, ...]:
    """Return the names of all sections, sorted; none of them is read."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def chapter(name: str) -> Chapter:
    """Return the section `name`, which must be one of `names()`."""
    root = compose((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Notes(f"{name}.yaml"))
    parameters = {key: _parameter(node) for key, node in _below(root, "with").items()}
    checks = {key: _ready(node) for key, node in _below(root, "checks").items()}
    return Chapter(name, _text(_keys(root)["about"].node), parameters, checks)


def mentioned(node: Node) -> Iterator[str]:
    """Yield the name of every parameter in `node`."""
    if isinstance(node, Scalar):
        yield from MENTION.findall(node.text)
        return
    if isinstance(node, Table):
        yield from (found for name in node.entries for found in MENTION.findall(name))
    for inner in node.nodes if isinstance(node, Items) else [entry.node for entry in node.entries.values()]:
        yield from mentioned(inner)


def _parameter(node: Node) -> Parameter:
    keys = _keys(node)
    default = keys["default"].node if "default" in keys else None
    example = keys["example"].node if "example" in keys else default
    assert example is not None, "a parameter without a default has an example"
    return Parameter(_text(keys["means"].node), example, default)


def _ready(node: Node) -> Ready:
    keys = dict(_keys(node))
    return Ready(keys, _text(keys.pop("why").node))


def _below(root: Node, key: str) -> dict[str, Node]:
    keys = _keys(root)
    return {name: entry.node for name, entry in _keys(keys[key].node).items()} if key in keys else {}


def _keys(node: Node) -> Mapping[str, Entry]:
    assert isinstance(node, Table), "the catalogue is held to its form by its tests"
    return node.entries


def _text(node: Node) -> str:
    assert isinstance(node, Scalar), "the catalogue is held to its form by its tests"
    return node.text.strip()
