"""What the stories need of a durable engine: a step that is carried out once and then remembered."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

Json = Mapping[str, Any]
"""What a step leaves behind: JSON-ready, small."""


class Durable(Protocol):
    """Remembers what steps returned. After a crash the story runs again and gets the remembered results."""

    async def step(self, name: str, body: Callable[[], Coroutine[Any, Any, Json]]) -> Json:
        """Return what `body` returned, now or before the crash. A body that had not ended runs again."""
