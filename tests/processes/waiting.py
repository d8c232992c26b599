"""Waiting for real processes, and looking at them."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import psutil

Found = TypeVar("Found")


async def until(look: Callable[[], Found | Awaitable[Found]], seconds: float = 20.0) -> Found:
    """Call `look` until it returns (or its coroutine returns) something true; return that."""
    async with asyncio.timeout(seconds):
        while True:
            found = look()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs. One that ended and that nobody has waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def written(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def copies(token: str) -> list[int]:
    """The pids of the processes that have `token` in their command line."""
    return [p.pid for p in psutil.process_iter(["cmdline"]) if token in (p.info["cmdline"] or []) and alive(p.pid)]
