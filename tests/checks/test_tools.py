"""What a check gets to work with in a release: the commit, the variables, the router of its service."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flightrules import wiring
from flightrules.ports.check import Tools
from flightrules.records import open_records
from tests.plan_file.plans import SMALL, read

GATE = "gates: {code: [{check: It answers, http: /}]}\n"
VERSIONS = {"web": {"candidate": {"name": "v2", "digest": "1a2b3c"}, "stable": None}}


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Callable[..., Tools]]:
    records = open_records(tmp_path / "state")

    def made(text: str = SMALL, versions: dict[str, object] = VERSIONS) -> Tools:
        plan = read(text + GATE, tmp_path)
        (check,) = plan.gates["code"]
        return wiring.Workshop.to_look_around(records).inspection(plan, check, "r1/answers", versions).tools

    yield made
    records.state.close()


def test_the_commit_is_that_of_the_candidate_where_versions_come_from_git(tools: Callable[..., Tools]) -> None:
    assert tools(SMALL.replace("from: argument", "from: git")).commit == "1a2b3c"
    assert tools().commit == "" and tools().candidate == "v2"


def test_without_a_candidate_there_is_no_commit(tools: Callable[..., Tools]) -> None:
    none = tools(SMALL.replace("from: argument", "from: git"), {})
    assert (none.commit, none.candidate) == ("", "")


def test_the_variables_are_those_of_the_environment_and_of_the_file(
    tools: Callable[..., Tools], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_ENVIRONMENT", "1")
    (tmp_path / ".env").write_text("FROM_FILE=2\n")
    variables = tools().variables()
    assert (variables["FROM_ENVIRONMENT"], variables["FROM_FILE"]) == ("1", "2")


def test_the_address_is_that_of_the_router(tools: Callable[..., Tools]) -> None:
    assert tools().base == "http://127.0.0.1:8080"
