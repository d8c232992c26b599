"""Reads `team.yaml` beside the plan: who is there, how they are reached, and who has which role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flightrules.domain.people import CONTACTS, Person, Team
from flightrules.plan_file import source, values
from flightrules.plan_file.nodes import compose
from flightrules.plan_file.on_call import read_rota
from flightrules.plan_file.problems import START, Notes, PlanProblems, Problem, did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.team_vocabulary import PERSON, TEAM
from flightrules.plan_file.values import Slot

FILE = "team.yaml"


@dataclass(frozen=True)
class TeamFile:
    """The team beside a plan: None where there is no file. `problems` are what is wrong with it.

    With `refuses`, roles that nobody has are problems of the plan.
    """

    team: Team | None
    problems: tuple[Problem, ...] = ()
    refuses: bool = True

    @property
    def whoever_is_known(self) -> Team | None:
        """The team for a release under way, which a broken file must not stop: then nobody is known."""
        if self.problems:
            return Team(broken=str(self.problems[0]).splitlines()[0])
        return self.team

    def refuse_stranger(self, role: str, slot: Slot) -> None:
        """Note at `slot` that nobody has `role`, where there is a team: without one a role is what somebody says."""
        if self.team is not None:
            self.refuse(role, slot)

    def refuse(self, role: str, slot: Slot) -> None:
        """Note at `slot` that nobody has `role`."""
        if self.problems or not self.refuses:
            return
        if self.team is None:
            what = f"nobody can answer as {quote(role)}: there is no {FILE} beside the plan"
            slot.wrong(what, f"write {FILE} with `people` and `roles`; see the reference of the team")
        elif not self.team.having(role):
            hint = did_you_mean(role, self.team.roles, f"give it to somebody in {FILE}")
            slot.wrong(f"nobody has the role {quote(role)} in {FILE}", hint)


def read_team(folder: Path) -> TeamFile:
    """Return the team beside a plan in `folder`; never raises for what is wrong with it."""
    path = folder / FILE
    if not path.exists():
        return TeamFile(None)
    notes = Notes(str(path))
    try:
        root = Slot("team", compose(source.read(path, notes), notes), notes, START)
        team = _team(root)
        notes.settle()
    except PlanProblems as wrong:
        return TeamFile(None, wrong.problems)
    return TeamFile(team)


def _team(slot: Slot) -> Team | None:
    fields = values.fields(slot, TEAM)
    if fields is None:
        return None
    people = fields.read("people", _people) or ()
    known = fields.names("people")
    roles = fields.read("roles", lambda inner: _roles(inner, known)) or {}
    on_call = fields.read("on_call", lambda inner: read_rota(inner, roles)) or ()
    return Team(people, roles, on_call=on_call)


def _people(slot: Slot) -> tuple[Person, ...]:
    people: dict[str, Person] = {}
    for inner in values.entries(slot, "a person"):
        person = _person(inner)
        if person and person.login in people:
            other = people[person.login].key
            inner.wrong(f"{inner.key} and {other} have the same login {quote(person.login)}", "give each their own")
        elif person:
            people[person.login] = person
    return tuple(people.values())


def _person(slot: Slot) -> Person | None:
    fields = values.fields(slot, PERSON)
    if fields is None:
        return None
    login = fields.read_or("login", values.text, slot.key)
    called = fields.read_or("name", values.text, slot.key)
    contacts = {kind: address for kind in CONTACTS if (address := fields.read(kind, values.text))}
    return Person(slot.key, login, called, contacts)


def _roles(slot: Slot, known: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {inner.key: tuple(_members(inner, known)) for inner in values.entries(slot, "people")}


def _members(slot: Slot, known: Sequence[str]) -> Iterable[str]:
    seen = set()
    for inner in values.one_or_many(slot, "people"):
        node = inner.scalar(Form.NAME)
        if node is None:
            continue
        if node.text not in known:
            inner.wrong(f"{quote(node.text)} is nobody under `people`", did_you_mean(node.text, known))
        elif node.text not in seen:
            seen.add(node.text)
            yield node.text
