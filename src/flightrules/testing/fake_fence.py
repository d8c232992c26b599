"""A lease for tests, which is lost on demand."""

from __future__ import annotations

from flightrules.domain.errors import Fenced


class FakeFence:
    """The lease with number `token`, held until `lost` is set."""

    def __init__(self, token: int = 1) -> None:
        self.token = token
        self.lost = False

    def check(self) -> None:
        """Raise `Fenced` once the lease is lost."""
        if self.lost:
            raise Fenced(f"lease {self.token} has passed on", "Leave it to the one who holds it.")
