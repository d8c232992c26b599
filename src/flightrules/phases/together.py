"""Several things at once: all of them, or the first failure as it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Carry out `works` side by side and return their results in order; when one fails, the others are ended.

    People, and the story, are told what went wrong, not in how many tasks: the failure is raised as it is.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as broken:
        raise broken.exceptions[0] from broken
    return [task.result() for task in tasks]


def slots() -> asyncio.Semaphore:
    """Return room for as many checks at a time as there are processors times two: most of them wait for others."""
    return asyncio.Semaphore(2 * (os.cpu_count() or 1))
