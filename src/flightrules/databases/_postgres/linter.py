"""Asks squawk, a linter for PostgreSQL migrations, about locks that stop the site and tables that are rewritten."""

from __future__ import annotations

import asyncio
import json
import shutil
import sysconfig
from pathlib import Path

from flightrules.domain.migrations import BOOKKEEPING, Danger

_MATTER_OF_TASTE = ("prefer-", "ban-char", "require-table-schema", "identifier-too-long")
_SEEN_TO_ELSEWHERE = {"require-lock-timeout", "require-statement-timeout", "require-timeout-settings"}
"""The lock timeout comes with the connection."""

WITHIN = 30.0


async def squawk(sql: Path) -> tuple[Danger, ...] | None:
    """Return what squawk says about the SQL in a file; None where it is not installed or says nothing sensible."""
    program = shutil.which("squawk", path=sysconfig.get_path("scripts")) or shutil.which("squawk")
    if program is None:
        return None
    process = await asyncio.create_subprocess_exec(
        program, "--reporter", "json", str(sql), cwd=sql.parent,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN):
            printed, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _dangers(printed.decode(errors="replace"), sql.read_text())


def _dangers(printed: str, sql: str) -> tuple[Danger, ...] | None:
    lines = sql.splitlines()
    try:
        found = [
            Danger(one["rule_name"], one["line"] + 1, " ".join(filter(None, (one["message"], one.get("help")))))
            for one in json.loads(printed)
        ]
    except (ValueError, KeyError, TypeError):
        return None
    return tuple(one for one in found if _matters(one, lines[one.line - 1] if one.line <= len(lines) else ""))


def _matters(danger: Danger, line: str) -> bool:
    own = any(table in line for table in BOOKKEEPING)
    return not own and danger.rule not in _SEEN_TO_ELSEWHERE and not danger.rule.startswith(_MATTER_OF_TASTE)
