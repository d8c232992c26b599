"""`flight schema`: the JSON Schema of a plan, for editors."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON Schema of a plan, for editors that complete and check."""
    import json

    from flightrules.plan_file.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
