"""`flight demo`: the main job, on this machine, in a few minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flightrules.cli.places import JsonOption

KeepOption = Annotated[bool, typer.Option("--keep", help="Leave the shop running afterwards, to play with.")]
StopOption = Annotated[
    Path | None, typer.Option("--stop", metavar="DIR", help="End a demo that was left running in this folder.")
]
PostgresOption = Annotated[
    bool, typer.Option("--postgres", help="Keep the orders in PostgreSQL, in a server of this machine, not in SQLite.")
]


def demo(
    json: JsonOption = False, keep: KeepOption = False, stop: StopOption = None, postgres: PostgresOption = False
) -> None:
    """Release a healthy version of a small shop under traffic, then a bad one, which is called back by itself."""
    import json as encoder

    from flightrules.demo import show
    from flightrules.demo.orders import Store

    if stop is not None:
        show.stop_kept(stop)
        typer.echo(encoder.dumps({"stopped": str(stop)}) if json else "stopped, nothing is left running")
        return
    telling = show.Telling.JSON if json else show.Telling.LIVE
    afterwards = show.Afterwards.KEEP if keep else show.Afterwards.STOP
    raise typer.Exit(show.run(telling, afterwards, Store.POSTGRES if postgres else Store.SQLITE))
