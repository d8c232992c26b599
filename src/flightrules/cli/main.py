"""The program `flight`: its commands, each in a file of its own.

Importing this module imports no command's work: a command loads what it needs when it is called.
"""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules import __version__
from flightrules.cli import (
    abort,
    approve,
    backups,
    catalogue,
    check,
    data_diff,
    demo,
    down,
    drill,
    garbage,
    init,
    judge,
    ledger,
    measure,
    open,
    pause,
    promote,
    ready,
    rehearse,
    reject,
    report,
    restore,
    resume,
    rollback,
    run,
    schema,
    severity,
    shutdown,
    sign,
    simulate,
    status,
    step_back,
    streams,
    termination,
    watch,
)
from flightrules.cli.exits import Exit
from flightrules.cli.failures import guarded
from flightrules.cli.overview import Overview

app = typer.Typer(
    name="flight",
    cls=Overview,
    rich_markup_mode=None,
    help="Carry out a release plan, and take a bad release back by itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RELEASING = "Release"
STEERING = "While a release is under way"
BACK = "Back"
DATA = "Databases"
RECORD = "Look back"
PLAN = "The plan"

for _panel, _name, _command in (
    (RELEASING, "run", run.run),
    (RELEASING, "status", status.status),
    (RELEASING, "watch", watch.watch),
    (STEERING, "pause", pause.pause),
    (STEERING, "resume", resume.resume),
    (STEERING, "promote", promote.promote),
    (STEERING, "step-back", step_back.step_back),
    (STEERING, "severity", severity.severity),
    (STEERING, "measure", measure.measure),
    (STEERING, "approve", approve.approve),
    (STEERING, "reject", reject.reject),
    (STEERING, "sign", sign.sign),
    (BACK, "abort", abort.abort),
    (BACK, "rollback", rollback.rollback),
    (BACK, "shutdown", shutdown.shutdown),
    (BACK, "open", open.open_services),
    (BACK, "down", down.down),
    (DATA, "restore", restore.restore),
    (DATA, "data-diff", data_diff.data_diff),
    (PLAN, "check", check.check),
    (PLAN, "ready", ready.ready),
    (PLAN, "rehearse", rehearse.rehearse),
    (PLAN, "drill", drill.drill),
    (PLAN, "simulate", simulate.simulate),
    (PLAN, "judge", judge.judge),
    (PLAN, "init", init.init),
    (PLAN, "schema", schema.schema),
    (PLAN, "catalogue", catalogue.catalogue),
    (PLAN, "demo", demo.demo),
    (RECORD, "report", report.report),
):
    app.command(_name, rich_help_panel=_panel)(guarded(_command))

app.add_typer(backups.app, name="backups", rich_help_panel=DATA)
app.add_typer(ledger.app, name="ledger", rich_help_panel=RECORD)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"flight {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and exit.")
]


@app.callback()
def flight(version: VersionOption = False) -> None:
    """Carry out a release plan, and take a bad release back by itself."""


def main() -> None:
    """Run the program. What it prints is no reason to stop; what could not be printed is said by the status."""
    streams.prepare()
    garbage.put_off()
    termination.take_as_ctrl_c()
    try:
        app(prog_name="flight")
    except SystemExit as end:
        raise SystemExit(streams.status_of(end.code if isinstance(end.code, int) else Exit.DONE)) from None


if __name__ == "__main__":
    main()
