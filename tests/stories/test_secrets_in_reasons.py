"""Somebody types a secret into a reason: it is stored nowhere."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import UNTIL_ASKED

pytestmark = pytest.mark.slow

SECRET = "correct-horse-battery"
WHY = f"the token {SECRET} was in a log"
GATES = {"code": [{"check": "there is a token", "run": 'test -n "${GATE_TOKEN}"'}]}


def test_a_reason_is_stored_without_the_secrets_of_the_plan(given: Given, when: When, then: Then) -> None:
    given.a_shop(gates=GATES, stages=UNTIL_ASKED)
    (given.world.folder / ".env").write_text(f"GATE_TOKEN={SECRET}\n")
    given.with_stable("v1").with_stable("v2")
    when.releasing("v3").it_comes_to("stage.started").somebody_says("abort", "--reason", WHY)
    then.status(0)
    when.it_ends().releasing("v3").it_comes_to("stage.started").it_is_killed()
    when.somebody_says("abort", "--reason", WHY)
    then.outcome("rolled back", status=0).says("the token *** was in a log")
    when.somebody_says("rollback", "--to", "v1", "--reason", WHY)
    then.status(0)
    when.somebody_says("shutdown", "--reason", WHY)
    then.status(0)
    stored = [path for path in given.world.state.rglob("*") if path.is_file()]
    assert [path.name for path in stored if SECRET.encode() in path.read_bytes()] == []
