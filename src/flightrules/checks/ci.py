"""What continuous integration says about the commit that is released, asked through the API of GitHub.

Check runs (GitHub Actions and apps) and the older commit statuses count alike. What was not checked at all has not
passed. It waits for nothing: what is still running is pending, and a plan asks again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flightrules.checks._github import GitHub, NoSuchCommit, Outcome, State
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.options import Secret

MAIN = "ci"
WITHIN = 30.0
VALUES = dict.fromkeys(("passed", "failed", "pending", "total"), Unit.NUMBER)
OPEN = False
EXPECTED = ("failed = 0", "pending = 0", "total > 0")

NAMED_AT_MOST = 5


_REPOSITORY = r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"


def _is_repository(text: str) -> str:
    if not re.fullmatch(_REPOSITORY, text):
        raise ValueError(f"`{text}` is no repository; write its owner and its name, such as `acme/shop`")
    return text


class Options(BaseModel):
    """The repository, and what must have been checked there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ci: Annotated[
        str,
        AfterValidator(_is_repository),
        Field(
            description="The repository, such as `acme/shop`",
            json_schema_extra={"pattern": f"^({_REPOSITORY}|.*\\$\\{{.*)$"},
        ),
    ]
    token: Annotated[Secret | None, Field(description="A token that may read checks; needed where it is private")] = (
        None
    )
    checks: Annotated[
        tuple[str, ...], Field(description="Names of checks that must be there, whatever others there are")
    ] = ()
    commit: Annotated[
        str | None,
        Field(min_length=1, description="A commit, tag or branch; the commit that is released if nothing is said"),
    ] = None
    api: Annotated[
        str,
        Field(
            pattern="^https?://",
            description="Where the API is: `https://HOST/api/v3` for GitHub Enterprise Server",
            json_schema_extra={"pattern": r"^(https?://|.*\$\{.*)"},
        ),
    ] = "https://api.github.com"


def create(options: Options, tools: Tools) -> CiCheck:
    """Return the check."""
    return CiCheck(options, tools)


def needs_commit(options: Options) -> bool:
    """Return whether it asks about the commit that is released."""
    return options.commit is None


@dataclass(frozen=True)
class CiCheck:
    """Asks once."""

    options: Options
    tools: Tools

    async def look(self) -> Found:
        """Return what was checked, and what became of it. Raises `SourceUnreachable`."""
        commit = self.options.commit or self.tools.commit
        if not commit:
            says = "the versions of this plan are no commits, so nobody knows which one to ask for; name it in `commit`"
            return Found(says, verdict=Verdict.UNREACHABLE)
        try:
            return self._told(commit, await self._outcomes(commit))
        except NoSuchCommit:
            return Found(f"{self.options.ci} has no commit {_short(commit)}; was it pushed?", verdict=Verdict.FAIL)

    async def _outcomes(self, commit: str) -> Sequence[Outcome]:
        import aiohttp

        token = self.options.token.get_secret_value() if self.options.token else ""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
            asked = GitHub(session, self.options.api, self.options.ci, token, self.tools.clock.now())
            return await asked.outcomes(commit)

    def _told(self, commit: str, outcomes: Sequence[Outcome]) -> Found:
        by_state = {state: sorted(each.name for each in outcomes if each.state is state) for state in State}
        values = {str(state): len(names) for state, names in by_state.items()} | {"total": len(outcomes)}
        there = {each.name for each in outcomes}
        missing = [name for name in self.options.checks if name not in there]
        wrong = {
            "failed": by_state[State.FAILED], "still pending": by_state[State.PENDING], "not there": missing,
        }  # fmt: skip
        passed = f"{values['passed']} of {len(outcomes)} checks of {_short(commit)} passed"
        if not outcomes:
            passed = f"nothing checked {_short(commit)} in {self.options.ci}"
        says = "; ".join([passed, *(f"{what}: {_named(names)}" for what, names in wrong.items() if names)])
        evidence = {"repository": self.options.ci, "commit": commit, **values, "not_there": missing}
        return Found(says, values, evidence=evidence, verdict=Verdict.FAIL if missing else None)


def _short(commit: str) -> str:
    return commit[:7] if re.fullmatch(r"[0-9a-f]{40}", commit) else commit


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
