"""What is said of a query that was not answered, the same for every kind. The query is named, a secret never."""

from __future__ import annotations

from collections.abc import Iterable

from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.figures import duration

LONGEST_QUERY = 100
LONGEST_WORDS = 300
"""Characters that are shown of a query, and of what a server says about it."""


def unanswered(name: str, sql: str, said: str, secrets: Iterable[str] = ()) -> DatabaseFailed:
    """Return the error of a query that the database `name` refused in the words `said`."""
    query = shown(sql)
    for secret in secrets:
        said, query = (text.replace(secret, "…") for text in (said, query))
    said = " ".join(said.split())[:LONGEST_WORDS]
    return DatabaseFailed(f"database {name} cannot answer `{query}`: {said}", "Mend the query in the plan.")


def too_slow(name: str, sql: str, within: float) -> DatabaseFailed:
    """Return the error of a query that was ended after `within` seconds."""
    return DatabaseFailed(
        f"database {name} did not answer `{shown(sql)}` within {duration(within)}",
        "Make the query cheaper, or see what the database waits for.",
    )


def no_roles(name: str, role: str, why: str) -> DatabaseFailed:
    """Return the error of a query that was to be asked as a role where there are none."""
    return DatabaseFailed(f"database {name} cannot be asked as the role {role}: {why}", "Remove `as_role`.")


def shown(sql: str) -> str:
    """Return a query as it can stand in a message: on one line, and not too long."""
    line = " ".join(sql.split())
    return line if len(line) <= LONGEST_QUERY else f"{line[: LONGEST_QUERY - 1]}…"
