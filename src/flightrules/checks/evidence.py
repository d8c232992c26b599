"""Something written that proves a point: a report, a signed policy, a record of a training. A file, or an address.

That it is there, how old it is, and what it holds is on record with its SHA-256: a year later anybody can tell whether
it is the same. It is read once, a piece at a time, and never copied. Whether it is true is for people to say.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flightrules.checks import _files
from flightrules.checks._files import NotThere
from flightrules.checks._patterns import Pattern
from flightrules.checks._searching import LONGEST, TooSlow, is_found
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration, size
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.options import Secret

if TYPE_CHECKING:
    import aiohttp

MAIN = "evidence"
WITHIN = 60.0
VALUES = {"age": Unit.SECONDS, "size": Unit.BYTES}
OPEN = False
EXPECTED: tuple[str, ...] = ()

LARGEST = 1 << 30
"""Bytes that are read; of what is larger nobody knows."""
LOOKED_INTO = 16 << 20
"""Bytes in which `contains` is looked for."""
PIECE = 4 << 20
SKEW = 60.0
"""Seconds by which two clocks may differ before a time in the future is taken for a wrong one."""

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def _is_place(text: str) -> str:
    if "://" in text and not _ADDRESS.fullmatch(text):
        raise ValueError(f"`{text}` is no address that can be read; write one that begins with `https://`, or a file")
    return text


class Options(BaseModel):
    """What proves it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evidence: Annotated[
        str,
        AfterValidator(_is_place),
        Field(
            min_length=1,
            description="A file from the plan's folder such as `legal/policy.pdf`; of `reports/*.json` the newest; "
            "or an address",
        ),
    ]
    contains: Annotated[Pattern | None, Field(description="A regular expression that is found in it")] = None
    bearer: Annotated[Secret | None, Field(description="A token, sent to an address as `Authorization: Bearer …`")] = (
        None
    )


def create(options: Options, tools: Tools) -> EvidenceCheck:
    """Return the check."""
    return EvidenceCheck(options, tools)


@dataclass(frozen=True)
class _Source:
    """Evidence that was found: what it is called, its next bytes, and when it was changed (seconds since 1970)."""

    called: str
    read: Callable[[int], Awaitable[bytes]]
    changed: float | None


@dataclass(frozen=True)
class EvidenceCheck:
    """Reads the evidence once."""

    options: Options
    tools: Tools

    async def look(self) -> Found:
        """Return what it is. Raises `SourceUnreachable` where nobody knows."""
        where = self.options.evidence
        try:
            if _ADDRESS.fullmatch(where):
                return await self._at_an_address(where)
            file = await asyncio.to_thread(_files.find, self.tools.plan_folder, where)
            with file.path.open("rb") as handle:
                return await self._read(
                    _Source(file.called, lambda most: asyncio.to_thread(handle.read, most), file.changed)
                )
        except NotThere as not_there:
            return Found(str(not_there), verdict=Verdict.FAIL)
        except OSError as error:
            raise SourceUnreachable(f"{where} cannot be read: {error.strerror or error}") from error

    async def _at_an_address(self, address: str) -> Found:
        import aiohttp

        token = self.options.bearer
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        headers["Accept-Encoding"] = "identity"  # the hash is that of the file
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        try:
            async with session, session.get(address, headers=headers, allow_redirects=False) as answer:
                _refuse(answer, address)
                changed = _moment(answer.headers.get("Last-Modified", ""))
                return await self._read(_Source(address, answer.content.read, changed))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SourceUnreachable(f"{address} cannot be read: {error or type(error).__name__}") from error

    async def _read(self, source: _Source) -> Found:
        """Return what is in `source`. Raises `SourceUnreachable`."""
        digest, length, begin = hashlib.sha256(), 0, b""
        while piece := await source.read(PIECE):
            await asyncio.to_thread(digest.update, piece)
            length += len(piece)
            if length > LARGEST:
                raise SourceUnreachable(f"{source.called} has more than the {size(LARGEST)} that are read")
            begin += piece[: LOOKED_INTO - len(begin)] if self.options.contains else b""
        if not length:
            raise NotThere(f"{source.called} is empty")
        seen = self._told(source, length, digest.hexdigest())
        return await self._looked_into(seen, source, begin, length)

    def _told(self, source: _Source, length: int, digest: str) -> Found:
        values: dict[str, Any] = {"size": length}
        evidence = {"evidence": source.called, "sha256": digest, "size": length}
        says = f"{source.called}, {size(length)}, "
        if source.changed is None:
            return Found(f"{says}does not say when it was changed", values, evidence=evidence)
        evidence["changed_at"] = round(source.changed, 3)
        age = self.tools.clock.now() - source.changed
        if age < -SKEW:
            return Found(f"{says}was changed {duration(-age)} from now, which cannot be", values, evidence=evidence)
        values["age"] = max(age, 0.0)
        return Found(f"{says}changed {duration(max(age, 0.0))} ago", values, evidence=evidence)

    async def _looked_into(self, seen: Found, source: _Source, begin: bytes, length: int) -> Found:
        wanted = self.options.contains
        if wanted is None:
            return seen
        if length > LOOKED_INTO:
            raise SourceUnreachable(f"{source.called} has more than the {size(LOOKED_INTO)} that are looked into")
        text = begin.decode("utf-8", errors="replace")
        try:
            if await is_found(wanted, text):
                return seen
        except TooSlow as error:
            raise SourceUnreachable(
                f"{source.called} could not be looked through for {wanted} within {duration(LONGEST)}"
            ) from error
        says = f"{seen.says}, does not contain {wanted}"
        return Found(says, seen.values, evidence=seen.evidence, verdict=Verdict.FAIL)


def _refuse(answer: aiohttp.ClientResponse, address: str) -> None:
    """Raise unless the answer is what was asked for; a page that asks for a login is not."""
    if answer.status in (404, 410):
        raise NotThere(f"there is nothing at {address} (status {answer.status})")
    if 300 <= answer.status < 400:
        raise SourceUnreachable(
            f"{address} leads on to {answer.headers.get('Location', 'nowhere')}; write that address"
        )
    if answer.status != 200:
        raise SourceUnreachable(f"{address} answered {answer.status}")


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
