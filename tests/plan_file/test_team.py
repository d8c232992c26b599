"""The team file: who is there and who has which role, and every mistake at its place."""

from pathlib import Path

import pytest

from flightrules.plan_file import load, load_text
from flightrules.plan_file.problems import PlanProblems
from flightrules.plan_file.team import read_team
from tests.plan_file.plans import SMALL

TEAM = """\
people:
  anna: {name: Anna Berg, email: Anna@example.org}
  otto: {login: omaier}
roles:
  release-manager: [anna, otto]
  legal: anna
"""
ASKING = SMALL + "approvals:\n  - {role: [release-manager, legal], all: true, of: 2, within: 1d}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flight.yaml").write_text(ASKING)
    return tmp_path


def complaints(folder: Path) -> list[str]:
    with pytest.raises(PlanProblems) as refused:
        load(folder / "flight.yaml", {})
    return str(refused.value).replace(f"{folder}/", "").splitlines()


def test_people_have_logins_addresses_and_roles(folder: Path) -> None:
    (folder / "team.yaml").write_text(TEAM)
    team = read_team(folder).team
    assert team is not None
    assert [each.login for each in team.having("release-manager")] == ["anna", "omaier"]
    assert str(team.having("legal")[0]) == "Anna Berg"
    assert [each.key for each in team.with_address(["anna@EXAMPLE.org"])] == ["anna"]
    assert team.having("qa") == ()


def test_an_approval_says_who_how_many_and_until_when(folder: Path) -> None:
    (folder / "team.yaml").write_text(TEAM)
    (approval,) = load(folder / "flight.yaml", {}).approvals
    assert (approval.roles, approval.every, approval.of) == (("release-manager", "legal"), True, 2)
    assert (approval.within, approval.remind, approval.not_author) == (86400.0, 14400.0, False)


def test_a_role_that_nobody_has_is_refused_at_its_place(folder: Path) -> None:
    (folder / "team.yaml").write_text(TEAM.replace("legal:", "legol:"))
    line = ASKING.count("\n")
    assert complaints(folder) == [
        f"flight.yaml:{line}:30: nobody has the role `legal` in team.yaml",
        "    did you mean `legol`?",
    ]


def test_mistakes_in_the_team_file_are_told_with_those_of_the_plan(folder: Path) -> None:
    (folder / "flight.yaml").write_text(ASKING + "verifi: []\n")
    broken = TEAM.replace("login: omaier", "login: anna").replace("legal: anna", "legal: [ana, {}]")
    (folder / "team.yaml").write_text(broken)
    told = "\n".join(complaints(folder))
    assert "the plan has no key `verifi`" in told
    assert "team.yaml:3:9: otto and anna have the same login `anna`" in told
    assert "team.yaml:6:11: `ana` is nobody under `people`" in told


@pytest.mark.parametrize("text", ["", "[]", "people: {}\n", "\t", "people: {anna: {}}\nroles: {legal: nobody}\n"])
def test_a_file_that_is_no_team_is_refused_and_stops_nobody_who_goes_back(folder: Path, text: str) -> None:
    (folder / "team.yaml").write_text(text)
    assert complaints(folder)[0].startswith("team.yaml:")
    plan = load_text(ASKING, str(folder / "flight.yaml"), folder, {})
    assert plan.team is not None
    assert plan.team.broken.startswith(str(folder / "team.yaml"))
    assert plan.team.having("legal") == ()


def test_a_database_asks_a_role_that_somebody_has(folder: Path) -> None:
    database = "databases:\n  main: {kind: sqlite, path: shop.db, migrate: make migrate, undo: make undo, ask: dba}\n"
    (folder / "flight.yaml").write_text(SMALL + database)
    assert load(folder / "flight.yaml", {}).databases[0].role == "dba"  # without a team, whoever says so
    (folder / "team.yaml").write_text(TEAM)
    line = (SMALL + database).count("\n")
    assert complaints(folder)[0] == f"flight.yaml:{line}:84: nobody has the role `dba` in team.yaml"
