"""`flight judge`: every log E of a file of traces, computed again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flightrules.cli.exits import Exit
from flightrules.cli.places import JsonOption

if TYPE_CHECKING:
    from flightrules.domain.sequential.recomputing import Judged

VectorsArgument = Annotated[Path, typer.Argument(metavar="VECTORS.json", help="The file of traces.")]


ToleranceOption = Annotated[
    float | None,
    typer.Option(
        "--tolerance",
        metavar="N",
        min=0.0,
        help="By how much a log E may differ from what the file expects; 1e-6, of latencies 1e-4.",
    ),
]

CLOSE, CLOSE_LATENCY = 1e-6, 1e-4
"""Latencies are weighed by steps towards a projection, which stop when they hardly move any more."""


def judge(vectors: VectorsArgument, tolerance: ToleranceOption = None, json: JsonOption = False) -> None:
    """Compute the evidence of recorded traces again, to check how candidates are judged. Nothing is touched.

    The file is JSON: `{"cases": [{"test": "errors", "absolute" or "latency", "parameters": {…}, a list of counts for
    each version, one a look, and, if you like, "log_e" as you expect it}]}`. Exits with 1 where one differs from that.
    """
    from flightrules.cli import one_object

    cases = _judged(vectors)
    status = Exit.ROLLED_BACK if any(_is_off(case, tolerance) for case in cases) else Exit.DONE
    if json:
        one_object.tell({"cases": [_as_json(case, tolerance) for case in cases]}, status)
    else:
        for line in _table(cases, tolerance):
            typer.echo(line)
    raise typer.Exit(status)


def _judged(file: Path) -> list[Judged]:
    """Raises `BadInput`, which names the file and says what to do."""
    from flightrules.cli.failures import BadInput
    from flightrules.domain.sequential.recomputing import BadVectors, judged

    read = _read(file)
    try:
        return list(judged(read))
    except BadVectors as error:
        do = error.do or "correct it there; `flight judge --help` has the format"
        raise BadInput(f"{file}: {error.what}", do) from error


def _is_off(case: Judged, tolerance: float | None) -> bool:
    if tolerance is None:
        tolerance = CLOSE_LATENCY if case.test == "latency" else CLOSE
    return case.difference is not None and not case.difference <= tolerance


def _as_json(case: Judged, tolerance: float | None) -> dict[str, Any]:
    told = {"test": case.test, "name": case.name, "log_e": case.log_e}
    if case.difference is None:
        return told
    return {**told, "difference": case.difference, "as_expected": not _is_off(case, tolerance)}


def _read(file: Path) -> object:
    import json

    from flightrules.cli.failures import BadInput

    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise BadInput(f"{file} cannot be read: {why}", "name a file of traces") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{file} is not JSON: {error}", "name a file of traces; `flight judge --help` has the format"
        ) from error


def _table(cases: list[Judged], tolerance: float | None) -> list[str]:
    from flightrules.cli.clean import clean

    width = max((len(clean(case.name)) for case in cases), default=0)
    header = f"{'test':<10}{'case':<{width + 2}}{'looks':>6}{'last log E':>13}{'largest':>10}  differs by at most"
    return [header.rstrip(), *(_row(case, clean(case.name), width, tolerance) for case in cases)]


def _row(case: Judged, name: str, width: int, tolerance: float | None) -> str:
    last, largest = (f"{case.log_e[-1]:.3f}", f"{max(case.log_e):.3f}") if case.log_e else ("", "")
    apart = "" if case.difference is None else f"{case.difference:.1e}"
    apart += "  NOT as expected" if _is_off(case, tolerance) else ""
    return f"{case.test:<10}{name:<{width + 2}}{len(case.log_e):>6}{last:>13}{largest:>10}  {apart}".rstrip()
