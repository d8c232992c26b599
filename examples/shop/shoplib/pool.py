"""Owns a pool of connections that can run out. Giving a connection back is up to who took it."""

from __future__ import annotations


class PoolExhausted(Exception):
    """Every connection of a pool is taken."""


class Connection:
    """A connection that buffers what is written until there is enough to send."""

    BATCH = 50

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, line: str) -> bool:
        """Buffer `line`; return whether the batch was full and has been sent."""
        self._lines.append(line)
        if len(self._lines) < self.BATCH:
            return False
        self._lines.clear()
        return True


class Pool:
    """`size` connections."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._free = [Connection() for _ in range(size)]

    def take(self) -> Connection:
        """Take a free connection. Raises `PoolExhausted`."""
        if not self._free:
            raise PoolExhausted(f"all {self._size} connections to {self._name} are taken")
        return self._free.pop()

    def give_back(self, connection: Connection) -> None:
        """Make `connection` free for others."""
        self._free.append(connection)
