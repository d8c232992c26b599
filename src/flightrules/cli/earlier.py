"""`flight rollback` without a version: which ones could come back, and which of them are warm."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from flightrules.cli.clean import clean
from flightrules.cli.failures import BadInput

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.state.releases import Release
    from flightrules.views.ways_back import EarlierView

TYPE = "flight rollback --to VERSION --reason TEXT"


def which(desk: Desk) -> BadInput:
    """Return what to say to somebody who named no version: the ones that there are."""
    under_way = desk.records.releases.unfinished()
    return _only_stable(under_way) if under_way is not None else _any_earlier(desk)


def _only_stable(release: Release) -> BadInput:
    stable = sorted({parts["stable"]["name"] for parts in release.arguments["services"].values() if parts["stable"]})
    if not stable:
        return BadInput(f"which version? {release.kind} {release.id} has none to go back to", "`flight abort` ends it")
    return BadInput(
        f"which version? {release.kind} {release.id} is under way, and can only go back to where it came from",
        f"flight rollback --to {quote(stable[0])} --reason TEXT, or flight abort",
    )


def _any_earlier(desk: Desk) -> BadInput:
    import asyncio

    from flightrules import wiring
    from flightrules.views.as_json import to_json
    from flightrules.views.ways_back import ways_back

    plan = desk.plan_in_force()
    found = asyncio.run(ways_back(wiring.Workshop.to_look_around(desk.records), plan))
    if not found:
        return BadInput("which version? no version served before the one that does now", "release another: flight run")
    said = "\n".join(_lines(found, several=len(plan.services) > 1))
    return BadInput(f"which version? These served before:\n{said}", f"name one: {TYPE}", versions=to_json(found))


def _lines(found: tuple[EarlierView, ...], several: bool) -> Iterator[str]:
    from flightrules.cli.drawing.style import day_and_time

    names = [f"{each.service} {each.version}" if several else each.version for each in found]
    for name, each in zip(names, found, strict=True):
        when = f"{day_and_time(each.since)} to {day_and_time(each.until)}"
        warm = "warm: it runs" if each.warm else "not running"
        yield f"  {clean(name):<{max(map(len, names))}}  served {when}, {warm}"
