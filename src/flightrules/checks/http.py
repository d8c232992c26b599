"""A request: to a service through its router (`GET /api/orders`), or to an address of its own (`https://…`).

It only sends what changes nothing, follows no redirect unless it is told to, and reads at most 1 MB of the answer. The
fields of a JSON answer are values for `expect`, beside `status` and `time`; where one of them has such a name, `json.`
before it means the field.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flightrules.domain.figures import duration
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.options import Secret

if TYPE_CHECKING:
    import aiohttp

MAIN = "http"
WITHIN = 10.0
VALUES = {"status": Unit.NUMBER, "time": Unit.SECONDS}
OPEN = True
EXPECTED = ("status = 200",)
OF_WHAT_SERVES = True

METHODS = ("GET", "HEAD", "OPTIONS")
LARGEST = 1 << 20
_REQUEST = re.compile(r"(?:(?P<method>\S+)\s+)?(?P<where>/\S*|https?://\S+)", re.IGNORECASE)


def _is_request(text: str) -> str:
    found = _REQUEST.fullmatch(text.strip())
    if not found:
        raise ValueError(f"`{text}` is no request; write for example `GET /health`")
    if found["method"] and found["method"] not in METHODS:
        raise ValueError(
            f"a check must not change anything, and `{found['method']}` may; write one of {', '.join(METHODS)}"
        )
    return text.strip()


class Options(BaseModel):
    """The request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    http: Annotated[
        str,
        AfterValidator(_is_request),
        Field(
            description="A request such as `GET /health` to the service through its router, or to a whole address",
            json_schema_extra={
                "pattern": r"^\s*((GET|HEAD|OPTIONS)\s+)?(/\S*|[hH][tT][tT][pP][sS]?://\S+|.*\$\{.*)\s*$"
            },
        ),
    ]
    headers: Annotated[dict[str, Secret], Field(description="Headers to send")] = {}
    bearer: Annotated[Secret | None, Field(description="A token, sent as `Authorization: Bearer …`")] = None
    follow: Annotated[bool, Field(description="Whether redirects are followed; false if nothing is said")] = False


def create(options: Options, tools: Tools) -> HttpCheck:
    """Return the check."""
    return HttpCheck(options, tools)


def needs_service(options: Options) -> bool:
    """Return whether the request goes to a service of the plan."""
    return _parts(options.http)[1].startswith("/")


@dataclass(frozen=True)
class HttpCheck:
    """Sends the request once."""

    options: Options
    tools: Tools
    keeps_time = True

    async def look(self) -> Found:
        """Return what was answered."""
        method, where = _parts(self.options.http)
        asked = f"{method} {where}"
        if where.startswith("/") and not self.tools.base:
            return Found(f"{asked}: no service of the plan is there to ask", verdict=Verdict.UNREACHABLE)
        began = self.tools.clock.monotonic()
        address = self.tools.base + where if where.startswith("/") else where
        try:
            async with asyncio.timeout(self.tools.within):
                status, body = await self._answer(method, address)
        except OSError as error:  # `TimeoutError` is one
            # Users of a service that does not answer are stranded; of somebody else's nobody knows why it does not.
            verdict = Verdict.FAIL if needs_service(self.options) else Verdict.UNREACHABLE
            late = f" within {duration(self.tools.within)}" if isinstance(error, TimeoutError) else f": {error}"
            return Found(f"{asked} got no answer{late}", verdict=verdict)
        seconds = self.tools.clock.monotonic() - began
        says = f"{asked} answered {status} in {seconds * 1000:.0f} ms"
        values = {**_fields(body), "status": status, "time": seconds}
        return Found(says, values, evidence={"status": status, "seconds": round(seconds, 4)})

    async def _answer(self, method: str, address: str) -> tuple[int, bytes]:
        """Return status and body. Raises `OSError` where there is none."""
        import aiohttp

        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        try:
            async with session, session.request(
                method, address, headers=self._headers(), allow_redirects=self.options.follow
            ) as answer:  # fmt: skip
                return answer.status, await _body(answer)
        except (aiohttp.ClientError, ValueError) as error:
            raise OSError(str(error) or type(error).__name__) from error

    def _headers(self) -> dict[str, str]:
        headers = {name: value.get_secret_value() for name, value in self.options.headers.items()}
        if self.options.bearer is not None:
            headers["Authorization"] = f"Bearer {self.options.bearer.get_secret_value()}"
        return headers


UNSAID = ("text/plain", "application/octet-stream")
"""What servers say of an answer about which they say nothing: it may be JSON all the same."""


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """Return what can be looked into: pages, streams and answers of more than 1 MB are not."""
    body = b""
    if "json" not in answer.content_type and answer.content_type not in UNSAID:
        return body
    async for part in answer.content.iter_chunked(1 << 16):
        body += part
        if len(body) > LARGEST:
            return b""
    return body


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return {**said, "json": said} if isinstance(said, dict) else {"json": said}


def _parts(request: str) -> tuple[str, str]:
    found = _REQUEST.fullmatch(request)
    assert found is not None, "the options were checked"
    return found["method"] or "GET", found["where"]
