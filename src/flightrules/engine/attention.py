"""While work goes on, people and rules are attended to: they may call the release back at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

Standing = Callable[[], Awaitable[None]]
"""Something that goes on as long as the work does, and ends only by raising: listening, watching."""


async def attended(work: Coroutine[Any, Any, T], *standing: Standing) -> T:
    """Return what `work` returns, unless one of `standing` raises first; the first named one outranks the rest.

    When it does, the work is cancelled, and this waits until the work has cleaned up after itself (its
    subprocess is gone) before it raises: the way back must not begin beside it.
    """
    working = asyncio.ensure_future(work)
    attending = [asyncio.ensure_future(_called(start)) for start in standing]
    try:
        await asyncio.wait([working, *attending], return_when=asyncio.FIRST_COMPLETED)
        for task in attending:
            if task.done():
                task.result()
        return working.result()
    finally:
        await _end([working, *attending])


async def _called(start: Standing) -> None:
    await start()


async def _end(tasks: list[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
