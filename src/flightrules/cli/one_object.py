"""What a command prints with `--json`: one object, which says the exit status too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from flightrules.cli.exits import Exit


def tell(told: Mapping[str, Any], status: Exit = Exit.DONE) -> Exit:
    """Print `told` with the status that the command ends with; return that."""
    import json

    typer.echo(json.dumps({**told, "exit_status": int(status)}, ensure_ascii=False))
    return status
