"""Nobody who reads the ledger meets a word of the program: every kind and every step that is recorded has words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flightrules.domain.events import Entry, Event
from flightrules.views import ledger_words, wording
from flightrules.views.wording import Cast

SOURCE = Path(ledger_words.__file__).parents[1]
MODULES = [file for file in sorted(SOURCE.rglob("*.py")) if "testing" not in file.parts]
CAST = Cast({"web": ("v2", "v1")})


@cache
def recorded_kinds() -> dict[str, str]:
    """Every kind that the package puts on record, and where."""
    modules = {file: ast.parse(file.read_text()) for file in MODULES}
    names = {name: text for module in modules.values() for name, text in _constants(module)}
    return {kind: file.name for file, module in modules.items() for kind in _kinds_in(module, names)}


def _constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from ((node.targets[0].id, text) for text in _texts(node.value))


def _kinds_in(module: ast.Module, constants: dict[str, str]) -> Iterator[str]:
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call) and _records(node)]
    for call in calls:
        first = next((k.value for k in call.keywords if k.arg == "kind"), call.args[0] if call.args else None)
        if isinstance(first, ast.Name):
            yield from _assigned(module, first.id)
            yield from (constants[first.id],) if first.id in constants else ()
        else:
            yield from _texts(first)


def _records(call: ast.Call) -> bool:
    called = call.func
    return (isinstance(called, ast.Attribute) and called.attr == "record") or (
        isinstance(called, ast.Name) and called.id == "Event"
    )


def _assigned(module: ast.Module, name: str) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield from _texts(node.value)


def _texts(node: ast.AST | None) -> Iterator[str]:
    for each in ast.walk(node) if node is not None else ():
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and "." in each.value:
            yield each.value


def recorded_steps() -> set[str]:
    """The name of every step that the package carries out, with an example for what stands in braces."""
    named = re.compile(r"\.step\(\s*f?\"([^\"]+)\"")
    found = {name for file in MODULES for name in named.findall(file.read_text())}
    return {_example(name) for name in found}


def _example(name: str) -> str:
    for braced, example in (("{procedure}", "code"), ("{way}", "back"), ("{visit.name}", "stages/1-canary")):
        name = name.replace(braced, example)
    return re.sub(r"\{[^}]+\}", "web", name)


def test_the_kinds_that_are_recorded_are_found() -> None:
    assert {"release.started", "step.ended", "step.failed", "signal.taken", "traffic.shifted"} <= set(recorded_kinds())


@pytest.mark.parametrize("kind", sorted(recorded_kinds()))
def test_every_kind_that_is_recorded_has_words(kind: str) -> None:
    assert kind in wording._SAY or kind in ledger_words._SAY, f"{kind}, recorded in {recorded_kinds()[kind]}"


@pytest.mark.parametrize("kind", sorted(k for k, say in wording._SAY.items() if k in recorded_kinds()))
def test_a_kind_of_which_the_live_view_may_say_nothing_has_words_in_the_ledger(kind: str) -> None:
    module = ast.parse(Path(wording.__file__).read_text())
    name = wording._SAY[kind].__name__
    (said,) = (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and node.name == name)
    may_be_silent = said.returns is not None and "None" in ast.unparse(said.returns)
    assert not may_be_silent or kind in ledger_words._SAY


@pytest.mark.parametrize("step", sorted(recorded_steps()))
def test_every_step_has_words(step: str) -> None:
    assert ledger_words.full_step_words(step, CAST) != f"step {step}"


def entry(kind: str, key: str | None = None, actor: str = "flight", **data: Any) -> Entry:
    return Entry(7, 0.0, Event(kind, "r1", data, actor, "", key), "", "")


@pytest.mark.parametrize(
    "recorded, said",
    [
        (entry("step.started", step="stages/2-half/hold"), "watching stage half while it holds"),
        (entry("step.ended", step="start/web/build", seconds=1.5), "building v2: done after 1.5s"),
        (
            entry("step.failed", step="stages/1-canary/hold", seconds=2, error={"kind": "Aborted", "what": "enough"}),
            "watching stage canary while it holds: left after 2s: enough",
        ),
        (
            entry("stage.decided", "stages/1-canary/decided", "anna", ask="promote", to=None),
            "stage canary is decided by anna: it is passed",
        ),
        (
            entry("stage.decided", "stages/2-half/decided", ask="step-back", to="canary"),
            "stage half is decided by a rule: the release steps back to canary",
        ),
        (
            entry("release.called_back", failure={"what": "error_rate of v2 is 9%"}),
            "it is certain that the release goes back: error_rate of v2 is 9%",
        ),
        (entry("people.told", "x/told", text="the release holds"), "people are told: the release holds"),
        (entry("database.moved"), "database.moved"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.event.kind,
)
def test_what_the_live_view_leaves_out_is_said_in_the_ledger(recorded: Entry, said: str) -> None:
    assert ledger_words.ledger_words(recorded, CAST).text == said
