"""`flight sign`: a person's word for one version, before a release or while it waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.places import PLAN, AsOption, JsonOption, Place, PlanOption, StateOption

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk

ItemArgument = Annotated[str, typer.Argument(metavar="ITEM", help="What you sign: the words of the check.")]
VersionOption = Annotated[
    str | None,
    typer.Option("--version", metavar="VERSION", help="For which version; of git the present commit if not said."),
]
CommentOption = Annotated[str, typer.Option("--comment", metavar="TEXT", help="A remark; it is kept in the ledger.")]


def sign(
    item: ItemArgument,
    as_role: AsOption = "",
    comment: CommentOption = "",
    version: VersionOption = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Sign what the plan asks a person: for the release that waits, or for a version that is to be released."""
    from flightrules.cli.desk import opened, require_plan
    from flightrules.domain.signals import Ask

    place = Place.of(plan, state)
    require_plan(place)
    with opened(place) as desk:
        if version is None and desk.records.releases.unfinished() is not None:
            from flightrules.cli.asking import ask_the_driver

            said = {"role": as_role, "reason": comment, "item": item, "typed": "sign"}
            ask_the_driver(place, Ask.APPROVE, said, json)
        else:
            _beforehand(desk, item, as_role, comment, version, json=json)


def _beforehand(desk: Desk, item: str, role: str, comment: str, version: str | None, *, json: bool) -> None:
    import asyncio

    from flightrules import actions, identifying, signing, wiring

    plan = desk.plan()
    check = signing.find(plan, item)
    workshop, how = wiring.Workshop.to_look_around(desk.records), "flight sign ITEM --version VERSION"
    identified = asyncio.run(identifying.identify(workshop, plan, version, how))
    signing.sign(desk.records, plan, check, identified, role=role, actor=actions.who(), comment=comment)
    if json:
        from flightrules.cli import one_object
        from flightrules.cli.exits import Exit

        said = {"item": check.name, "version": identified.name, "digest": identified.digest, "by": actions.who()}
        one_object.tell(said, Exit.DONE)
    else:
        typer.echo(f"signed for {identified} ({identified.digest[:12]}): {check.name}")
