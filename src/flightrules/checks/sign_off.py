"""A person's word: somebody with a role signs that something is so, for this version and no other.

Nobody is asked here: a release waits for people in its phases (`phases/sign_offs.py`). This declares what a plan may
say of it, and refuses to be asked as if it were a machine.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.options import Duration

MAIN = "sign_off"
WITHIN = 10 * 366 * 86400.0
VALUES: dict[str, Unit] = {}
OPEN = False
EXPECTED: tuple[str, ...] = ()


class Options(BaseModel):
    """Who signs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sign_off: Annotated[str | tuple[str, ...], Field(description="The role that signs, or roles of which one does")]
    remind: Annotated[
        Duration, Field(gt=0, description="How often people are reminded; every 4h if nothing is said")
    ] = 4 * 3600.0

    @field_validator("sign_off")
    @classmethod
    def _somebody(cls, roles: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not roles:
            raise ValueError("nobody would sign; name a role")
        return roles

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of which one signs."""
        return (self.sign_off,) if isinstance(self.sign_off, str) else self.sign_off


def create(options: Options, tools: Tools) -> SignOff:
    """Return a check that says that people were not asked."""
    return SignOff()


class SignOff:
    """Stands where only a person can answer."""

    async def look(self) -> Found:
        """Return that nobody was asked."""
        return Found("it is for a person to say, and none was asked", verdict=Verdict.UNREACHABLE)
