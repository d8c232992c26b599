"""What a user sees when something goes wrong: what happened, what to do next, and never a traceback of ours.

The one place of the command line that knows which error ends with which exit status.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import typer

from flightrules import __version__
from flightrules.cli.clean import clean
from flightrules.cli.exits import Exit
from flightrules.cli.readers import let_go
from flightrules.domain import errors
from flightrules.domain.errors import FlightError
from flightrules.domain.rehearsals import FOLDER as REHEARSALS

P = ParamSpec("P")
T = TypeVar("T")

_BAD_INPUT = ("PlanProblems", "UnknownKind", "UnknownVersion", "NotSupportedYet", "BadInput", "BadVectors")
_LOST_IT = ("Fenced",)


class BadInput(FlightError):
    """The command was called in a way that cannot be carried out."""


def guarded(command: Callable[P, T]) -> Callable[P, T]:
    """Return `command` so that whatever goes wrong in it ends in words and an exit status."""

    @functools.wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return command(*arguments, **options)
        except FlightError as raised:
            error = _as_typed(raised, options.get("state"))
            status = tell_as_json(error) if options.get("json") else tell(error)
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError as gone:
            status = Exit.UNREAD if let_go() else tell_of_bug(gone)
        except Exception as bug:  # noqa: BLE001 - the edge of the program: a user gets words, not our stack
            status = tell_of_bug(bug)
        raise typer.Exit(status)

    return run


def _as_typed(error: FlightError, state: object) -> FlightError:
    """Return `error` with commands that name the state of rehearsals, where that is the one that was spoken to."""
    if not isinstance(state, Path) or state.name != REHEARSALS:
        return error
    from flightrules.views.hints import of_rehearsal

    error.do = of_rehearsal(error.do, str(state), "flight rehearse VERSION")
    return error


def status_of(error: FlightError) -> Exit:
    """Return the exit status for `error`."""
    if error.kind in _BAD_INPUT:
        return Exit.BAD_INPUT
    return Exit.LEFT if error.kind in _LOST_IT else Exit.NOTHING_DONE


def tell(error: FlightError) -> Exit:
    """Print `error` for a person, to standard error; return the exit status."""
    for line in words(error):
        typer.echo(line, err=True)
    return status_of(error)


def words(error: FlightError) -> Iterator[str]:
    """Yield the lines for a person: what happened, what to do, the last lines of a log where there are some."""
    first, *rest = error.what.splitlines() or [error.kind]
    yield clean(first)
    yield from (_indented(line) for line in rest)
    if error.do:
        yield f"    {clean(error.do)}"
    for line in error.details.get("log", ()):
        yield f"    | {clean(str(line))}"


def _indented(line: str) -> str:
    return ("    " if line.startswith(" ") else "") + clean(line.lstrip())


def tell_as_json(error: FlightError) -> Exit:
    """Print `error` as a JSON object to standard output; return the exit status."""
    import json

    status = status_of(error)
    told: dict[str, Any] = {"error": errors.to_record(error), "exit_status": int(status)}
    problems = getattr(error, "problems", None)
    if problems is not None:
        told["error"]["problems"] = [vars(problem) for problem in problems]
    typer.echo(json.dumps(told, default=str))
    return status


def tell_of_bug(bug: Exception) -> Exit:
    """Print that `flight` itself is at fault, and what to send to whom."""
    if os.environ.get("FLIGHT_DEBUG") == "1":
        traceback.print_exception(bug)
    typer.echo(f"flight has a defect: {clean(f'{type(bug).__name__}: {bug}')}", err=True)
    typer.echo(
        "    Traffic stays as it is. `flight status` shows where the release is, `flight run` goes on.", err=True
    )
    typer.echo(
        "    Please report it with the command, the plan, and what it prints with FLIGHT_DEBUG=1 set"
        f" (flight {__version__}, Python {sys.version.split()[0]}).",
        err=True,
    )
    return Exit.INTERNAL
