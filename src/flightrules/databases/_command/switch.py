"""Closes, opens and swaps a database by commands."""

from __future__ import annotations

from dataclasses import dataclass

from flightrules.databases._command.copies import CommandCopies
from flightrules.databases._command.lines import Lines
from flightrules.ports.fence import Fence


@dataclass(frozen=True)
class CommandSwitch:
    """The `Switch` of a database that only commands know. Each line must be one that may be run again."""

    lines: Lines
    fence: Fence
    copies: CommandCopies
    close: str
    open: str
    swapping: str

    async def look(self) -> None:
        """Nothing is known before the lines run."""

    async def close_to_writers(self) -> None:
        """Run `close`."""
        self.fence.check()
        await self.lines.run("close", self.close)

    async def open_to_writers(self) -> None:
        """Run `open`."""
        self.fence.check()
        await self.lines.run("open", self.open)

    async def swap(self, new: str, keep_as: str) -> None:
        """Run `swap`, which does all of it or nothing."""
        self.fence.check()
        await self.lines.run("swap", self.swapping, DATABASE=new, KEEP_AS=keep_as)

    async def swapped(self, new: str, keep_as: str) -> bool:
        """Return whether the database that was there can be counted under its later name, and `new` no longer can."""
        return await self.copies.is_there(keep_as) and not await self.copies.is_there(new)
