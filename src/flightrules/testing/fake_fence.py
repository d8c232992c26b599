"""A lease that a test can lose."""

from __future__ import annotations

from flightrules.domain.errors import Fenced


class FakeFence:
    """Held until `lost` is set."""

    def __init__(self, token: int = 1) -> None:
        self.token = token
        self.lost = False

    def check(self) -> None:
        """Raise `Fenced` once the lease is lost."""
        if self.lost:
            raise Fenced("another process holds the lease by now", "Look who drives this service: `flight status`.")
