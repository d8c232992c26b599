"""`flight judge`: every log E of a file of traces, computed again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.places import JsonOption

if TYPE_CHECKING:
    from flightrules.domain.sequential.recomputing import Judged

VectorsArgument = Annotated[Path, typer.Argument(metavar="VECTORS.json", help="The file of traces.")]


def judge(vectors: VectorsArgument, json: JsonOption = False) -> None:
    """Compute the evidence of recorded traces again, to check how candidates are judged. Nothing is touched."""
    import json as encoder

    from flightrules.domain.sequential.recomputing import judged

    cases = list(judged(_read(vectors)))
    if json:
        told = [{"test": case.test, "name": case.name, "log_e": case.log_e} for case in cases]
        typer.echo(encoder.dumps({"cases": told}))
        return
    for line in _table(cases):
        typer.echo(line)


def _read(file: Path) -> object:
    import json

    from flightrules.cli.failures import BadInput

    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise BadInput(f"{file} cannot be read: {why}", "name a file of traces") from error
    except ValueError as error:
        raise BadInput(f"{file} is not JSON: {error}", "name a file of traces") from error


def _table(cases: list[Judged]) -> list[str]:
    from flightrules.cli.clean import clean

    width = max((len(clean(case.name)) for case in cases), default=0)
    header = f"{'test':<10}{'case':<{width + 2}}{'looks':>6}{'last log E':>13}{'largest':>10}  differs by at most"
    return [header.rstrip(), *(_row(case, clean(case.name), width) for case in cases)]


def _row(case: Judged, name: str, width: int) -> str:
    last, largest = (f"{case.log_e[-1]:.3f}", f"{max(case.log_e):.3f}") if case.log_e else ("", "")
    apart = "" if case.difference is None else f"{case.difference:.1e}"
    return f"{case.test:<10}{name:<{width + 2}}{len(case.log_e):>6}{last:>13}{largest:>10}  {apart}".rstrip()
