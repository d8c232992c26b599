"""The people of a team, and which roles they have. Who may answer what follows from here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flightrules.domain.on_call import Once, Weekly

CONTACTS = ("email", "phone", "slack")
"""The kinds of addresses that somebody can have."""


@dataclass(frozen=True)
class Person:
    """Somebody. `key` is how the team file calls them; `login` is the operating-system user as whom they answer.

    `contacts` are addresses by kind: `email`, `phone`, `slack`.
    """

    key: str
    login: str
    called: str
    contacts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.called


@dataclass(frozen=True)
class Team:
    """Who is there, and who has which role. `broken` says why the file that tells it cannot be read.

    Of a broken one nobody is known: nobody can sign, and whatever needs no person goes on.
    """

    people: tuple[Person, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By role, the keys of those who have it."""
    broken: str = ""
    on_call: tuple[Once | Weekly, ...] = ()
    """The rota, as far as the team file has it."""

    def having(self, role: str) -> tuple[Person, ...]:
        """Return who has `role`, in the order of the file."""
        return tuple(each for key in self.roles.get(role, ()) for each in self.people if each.key == key)

    def logins(self, role: str) -> tuple[str, ...]:
        """Return as which operating-system users those answer who have `role`."""
        return tuple(each.login for each in self.having(role))

    def with_address(self, emails: Sequence[str]) -> tuple[Person, ...]:
        """Return whose mail addresses are among `emails`; case does not count."""
        wanted = {email.lower() for email in emails}
        return tuple(each for each in self.people if each.contacts.get("email", "").lower() in wanted)


def who_can(team: Team | None, roles: Iterable[str], barred: Collection[str] = ()) -> str:
    """Return who can answer as one of `roles`, in words: `legal: Anna Berg, Otto Maier; ops: nobody`.

    Without a team nobody can; the logins in `barred` cannot either.
    """
    people = {role: team.having(role) if team else () for role in roles}
    return in_seats({role: [each.called for each in able if each.login not in barred] for role, able in people.items()})


def in_seats(having: Mapping[str, Iterable[str]]) -> str:
    """Return the names `having` a role, in words: `legal: anna, otto; ops: nobody`."""
    return "; ".join(f"{role}: {', '.join(names) or 'nobody'}" for role, names in having.items())


@dataclass(frozen=True)
class Approval:
    """Who has to approve a release before anything is touched.

    With `every` each of `roles` has to, else any of them will do; `of` different people for each. With `not_author`
    nobody counts who wrote or began the release. What nobody answers `within` seconds (None: no end) ends the release;
    people are reminded every `remind` seconds.
    """

    roles: tuple[str, ...]
    every: bool = False
    of: int = 1
    not_author: bool = False
    within: float | None = None
    remind: float = 4 * 3600.0
