"""`flight catalogue`: the ready checks that a plan can take in, by section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flightrules.cli.failures import BadInput
from flightrules.cli.places import JsonOption

if TYPE_CHECKING:
    from flightrules.plan_file.catalogue import Chapter
    from flightrules.plan_file.nodes import Node

SectionArgument = Annotated[str | None, typer.Argument(metavar="SECTION", help="The section to show; all if not said.")]


def catalogue(section: SectionArgument = None, json: JsonOption = False) -> None:
    """List the ready checks that a plan can take in, by section. With a section, each of its checks."""
    from flightrules.cli import one_object
    from flightrules.plan_file import catalogue as sections

    names = sections.names()
    if section is None:
        chapters = [sections.chapter(name) for name in names]
        if json:
            one_object.tell({"sections": [_in_short(chapter) for chapter in chapters]})
        else:
            typer.echo(_listed(chapters))
        return
    if section not in names:
        from flightrules.plan_file.problems import did_you_mean

        raise BadInput(f"the catalogue has no section `{section}`", did_you_mean(section, names))
    chapter = sections.chapter(section)
    if json:
        one_object.tell(_in_full(chapter))
    else:
        typer.echo("\n".join(_shown(chapter)))


def _listed(chapters: list[Chapter]) -> str:
    widest = max(len(chapter.name) for chapter in chapters)
    lines = [f"{chapter.name:{widest}}  {len(chapter.checks):3} checks  {chapter.about}" for chapter in chapters]
    total = sum(len(chapter.checks) for chapter in chapters)
    return "\n".join((*lines, f"\n{total} checks. One section: flight catalogue {chapters[0].name}"))


def _shown(chapter: Chapter) -> list[str]:
    lines = [f"{chapter.name}: {chapter.about}"]
    if chapter.parameters:
        lines += ["", "Parameters (with):"]
    for name, parameter in chapter.parameters.items():
        default = parameter.default
        lines.append(f"  {name}: {parameter.means}")
        usual = (
            f"if not said: {_plain(default)}"
            if default is not None
            else f"required, such as {_plain(parameter.example)}"
        )
        lines.append(f"      {usual}")
    for name, ready in chapter.checks.items():
        lines += ["", name, f"  {ready.words}", f"  {ready.why}"]
        lines += [f"      {key}: {_plain(entry.node)}" for key, entry in ready.keys.items() if key != "check"]
    return lines


def _in_short(chapter: Chapter) -> dict[str, Any]:
    return {"section": chapter.name, "about": chapter.about, "checks": len(chapter.checks)}


def _in_full(chapter: Chapter) -> dict[str, Any]:
    return {
        "section": chapter.name,
        "about": chapter.about,
        "with": {
            name: {
                "means": parameter.means,
                "required": parameter.default is None,
                "example": _value(parameter.example),
                "default": None if parameter.default is None else _value(parameter.default),
            }
            for name, parameter in chapter.parameters.items()
        },
        "checks": {
            name: {**{key: _value(entry.node) for key, entry in ready.keys.items()}, "why": ready.why}
            for name, ready in chapter.checks.items()
        },
    }


def _value(node: Node) -> Any:
    from flightrules.plan_file.nodes import Items, Scalar

    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [_value(inner) for inner in node.nodes]
    return {name: _value(entry.node) for name, entry in node.entries.items()}


def _plain(node: Node) -> str:
    return _written(_value(node))


def _written(value: Any) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{name}: {_written(inner)}' for name, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return str(value)
