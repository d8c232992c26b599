"""`flight schema`: the JSON Schema of a plan, for editors."""

from __future__ import annotations

import typer

from flightrules.cli.places import JsonOption


def schema(json: JsonOption = False) -> None:
    """Print the JSON Schema of a plan, for editors that complete and check. It is one JSON object in any case."""
    import json as encoder

    from flightrules.plan_file.schema import json_schema

    typer.echo(encoder.dumps(json_schema(), indent=None if json else 2))
