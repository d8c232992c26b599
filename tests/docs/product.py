"""What the documentation has to cover, asked of the product itself: commands, plan keys, adapters, options."""

import inspect
from collections.abc import Iterator
from typing import Any, get_args

import typer
from pydantic import BaseModel
from typer.core import TyperCommand, TyperGroup, TyperOption

from flightrules import adapters
from flightrules.cli import main
from flightrules.plan_file.schema import json_schema

FOLDERS = {adapters.TARGETS: "targets", adapters.ROUTERS: "routers", adapters.METRIC_SOURCES: "metric_sources",
           adapters.DATABASES: "databases", adapters.CHECKS: "checks"}  # fmt: skip


def commands() -> dict[str, TyperCommand]:
    """Every command by its words behind `flight`: `run`, `ledger verify`."""
    return dict(_commands(typer.main.get_command(main.app), ()))


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            if not below.hidden:
                yield from _commands(below, (*words, name))
        if default := getattr(command, "default", None):  # what the group does without a further word
            yield " ".join(words), command.commands[default]
    else:
        yield " ".join(words), command


def options(command: TyperCommand) -> set[str]:
    """The long form of every option that users may see."""
    shown = (one for one in command.params if isinstance(one, TyperOption) and not one.hidden)
    return {name for one in shown for name in (*one.opts, *one.secondary_opts) if name.startswith("--")}


def adapter_options() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every adapter: its family's folder, its kind, and its options, nested ones too."""
    for family, folder in FOLDERS.items():
        for kind in adapters.kinds(family):
            yield folder, kind, tuple(_fields(adapters.module(family, kind).Options))


def _fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in _models(field.annotation):
            yield from _fields(inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def plan_keys() -> set[str]:
    """Every key that the plan's own schema knows, without those of adapters."""
    schema = json_schema()
    own = {option for _, _, names in adapter_options() for option in names}
    return {key for key in _keys(schema) if key not in own}


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema["properties"] if isinstance(schema.get("properties"), dict) else ()
        for inner in schema.values():
            yield from _keys(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _keys(inner)
