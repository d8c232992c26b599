"""What a GitHub, or one like it, says about a commit: its check runs and, from older tools, its statuses.

It only reads. The token goes to the address that the plan names and nowhere else. Documented in "REST API endpoints for
check runs" and "… for commit statuses" of GitHub.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration, size

if TYPE_CHECKING:
    import aiohttp

A_PAGE = 100
PAGES = 30
LARGEST = 32 << 20
"""Bytes of one page."""


class State(StrEnum):
    """What became of one check run or status."""

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"


_ENDED = dict.fromkeys(("success", "neutral", "skipped"), State.PASSED)
"""Conclusions that let a pull request pass, by GitHub's own rule; every other one of a run that ended has failed."""
_STATUSES = {"success": State.PASSED, "pending": State.PENDING}


@dataclass(frozen=True)
class Outcome:
    """One check run or status of a commit."""

    name: str
    state: State


class NoSuchCommit(Exception):
    """The repository has no such commit."""


@dataclass(frozen=True)
class GitHub:
    """Reads one repository. `token` may be empty: then what is public is read."""

    session: aiohttp.ClientSession
    api: str
    repository: str
    token: str
    now: float

    async def outcomes(self, commit: str) -> tuple[Outcome, ...]:
        """Return every outcome for `commit`, the latest of each. Raises `NoSuchCommit`, `SourceUnreachable`."""
        where = f"/repos/{self.repository}/commits/{quote(commit, safe='')}"
        runs = await self._pages(f"{where}/check-runs?filter=latest&per_page={A_PAGE}", "check_runs")
        statuses = await self._pages(f"{where}/status?per_page={A_PAGE}", "statuses")
        try:
            return (*map(_run, runs), *map(_status, statuses))
        except (KeyError, TypeError, AttributeError) as error:
            raise self._strange() from error

    async def _pages(self, path: str, key: str) -> Sequence[Any]:
        found: list[Any] = []
        address: str | None = f"{self.api.rstrip('/')}{path}"
        for _ in range(PAGES):
            said, address = await self._page(address)
            page = said.get(key) if isinstance(said, dict) else None
            if not isinstance(page, list):
                raise self._strange()
            found += page
            if address is None:
                return found
        raise SourceUnreachable(
            f"{self.repository} has more than the {PAGES * A_PAGE} outcomes of a commit that are read"
        )

    async def _page(self, address: str | None) -> tuple[Any, str | None]:
        """Return what one page says, and the address of the next."""
        import aiohttp

        assert address is not None, "there is a first page"
        try:
            async with self.session.get(address, headers=self._headers()) as answer:
                body = await _body(answer)
                self._refuse(answer)
                return json.loads(body), self._next(answer)
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnreachable(f"{self.api} got no answer: {error or type(error).__name__}") from error
        except (ValueError, RecursionError) as error:
            raise self._strange() from error

    def _headers(self) -> Mapping[str, str]:
        headers = {
            "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "flightrules",
        }  # fmt: skip
        return {**headers, "Authorization": f"Bearer {self.token}"} if self.token else headers

    def _next(self, answer: aiohttp.ClientResponse) -> str | None:
        if "next" not in answer.links:
            return None
        following = str(answer.links["next"]["url"])
        if urlsplit(following)[:2] != urlsplit(self.api)[:2]:
            raise SourceUnreachable(f"{self.api} leads on to {following}, which must not get its token")
        return following

    def _refuse(self, answer: aiohttp.ClientResponse) -> None:
        """Raise unless the answer is one."""
        status, said = answer.status, answer.headers
        if status == 200:
            return
        if status == 422:
            raise NoSuchCommit
        if status == 429 or (status == 403 and (said.get("X-RateLimit-Remaining") == "0" or "Retry-After" in said)):
            raise SourceUnreachable(f"{self.api} takes no more requests {self._until(said)}({status})")
        words = {
            401: "does not accept the token",
            403: f"does not let this token read the checks of {self.repository}"
            if self.token
            else f"does not let anybody read the checks of {self.repository} without a token",
            404: f"has no repository {self.repository} that {'this token' if self.token else 'anybody'} may see",
        }
        raise SourceUnreachable(f"{self.api} {words.get(status, 'answered with an error')} ({status})")

    def _until(self, said: Mapping[str, str]) -> str:
        """Return in words when requests are taken again; empty where nobody says."""
        wait, reset = said.get("Retry-After", ""), said.get("X-RateLimit-Reset", "")
        end = self.now + int(wait) if wait.isdigit() else float(reset) if reset.isdigit() else None
        if end is None:
            return ""
        return f"until {datetime.fromtimestamp(end, UTC):%H:%M:%S} UTC, in {duration(max(end - self.now, 0.0))} "

    def _strange(self) -> SourceUnreachable:
        return SourceUnreachable(f"{self.api} answered something that is no list of checks")


def _run(said: Mapping[str, Any]) -> Outcome:
    if said["status"] != "completed":
        return Outcome(str(said["name"]), State.PENDING)
    return Outcome(str(said["name"]), _ENDED.get(said["conclusion"], State.FAILED))


def _status(said: Mapping[str, Any]) -> Outcome:
    return Outcome(str(said["context"]), _STATUSES.get(said["state"], State.FAILED))


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for part in answer.content.iter_chunked(1 << 16):
        body += part
        if len(body) > LARGEST:
            raise SourceUnreachable(f"a page of checks has more than {size(LARGEST)}")
    return body
