"""Variables that must be there and well-formed: what is wrong is said, what they hold never."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from flightrules.checks import env
from flightrules.clocks.system import SystemClock
from flightrules.domain.check_results import judged
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.outcome import Outcome
from flightrules.domain.verdict import Verdict
from flightrules.plan_file.variables import held
from flightrules.ports.check import Found, Tools
from flightrules.testing.scenario import FakeCommands, Scenario
from flightrules.views.plan_view import check_words
from tests.plan_file.plans import SMALL, read

GATE = """\
gates:
  configuration:
    - {check: Configured, env: {SESSION_SECRET: {at_least: 32 characters, not: changeme}, STRIPE_KEY: }}
"""


async def asked(asked_for: object, **values: str | None) -> Found:
    return await looked(asked_for, values)


async def looked(asked_for: object, values: Mapping[str, str | None]) -> Found:
    tools = Tools(
        "env", 5.0, Path(), Path("evidence"), "", "v2", FakeCommands(), SystemClock(), variables=lambda: values
    )
    return await env.create(env.Options(env=asked_for), tools).look()


async def test_variables_that_are_set_pass_and_are_named() -> None:
    found = await asked(["DATABASE_URL", "STRIPE_KEY"], DATABASE_URL="postgres://x", STRIPE_KEY="sk")
    assert (found.says, found.values) == (
        "2 variables are set as the plan asks: DATABASE_URL, STRIPE_KEY", {"missing": 0, "malformed": 0},
    )  # fmt: skip
    assert (await asked("A", A="1")).says == "1 variable is set as the plan asks: A"


async def test_what_is_missing_and_what_is_empty_is_said_by_name() -> None:
    found = await asked(["A", "B", "C", "D"], A="1", B="", C=None)
    assert found.says == "B is empty; C is empty; D is not set"
    assert found.values == {"missing": 3, "malformed": 0} and found.evidence["missing"] == ["B", "C", "D"]


async def test_a_value_that_is_too_short_says_its_length_and_no_more() -> None:
    found = await asked({"KEY": {"at_least": "32 characters"}}, KEY="hunter2")
    assert found.says == "KEY has 7 characters, and must have at least 32"
    assert found.values == {"missing": 0, "malformed": 1} and "hunter2" not in repr(found)


async def test_the_ends_of_an_expression_are_those_of_the_value_and_not_of_a_line_in_it() -> None:
    assert (await asked({"KEY": {"matches": "^good$"}}, KEY="bad\ngood")).says == "KEY does not match ^good$"


@pytest.mark.slow
async def test_an_expression_that_takes_for_ever_leaves_nobody_knowing_and_holds_up_nothing_else() -> None:
    with pytest.raises(SourceUnreachable) as unknown:
        await asked({"KEY": {"matches": "(0+)+x"}}, KEY="0" * 60)
    assert unknown.value.what == "KEY could not be held against (0+)+x within 5s"


async def test_a_value_of_exactly_the_length_is_long_enough() -> None:
    assert (await asked({"KEY": {"at_least": "1 character"}}, KEY="x")).values["malformed"] == 0


async def test_all_that_is_wrong_with_a_value_is_said_at_once() -> None:
    form = {"at_least": "20 characters", "matches": "^postgres(ql)?://", "not": ["localhost", "ChangeMe"]}
    found = await asked({"DATABASE_URL": form}, DATABASE_URL="mysql://changeme")
    assert found.says == (
        "DATABASE_URL has 16 characters, and must have at least 20 and does not match ^postgres(ql)?:// "
        "and has `ChangeMe` in it"
    )


async def test_a_pattern_may_be_found_anywhere_unless_it_says_otherwise() -> None:
    assert (await asked({"A": {"matches": "live"}}, A="sk_live_1")).values["malformed"] == 0
    assert (await asked({"A": {"matches": "^live$"}}, A="sk_live_1")).values["malformed"] == 1


async def test_the_environment_comes_before_the_file_beside_the_plan(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=in the file\nB=in the file\nC=\n")
    found = await looked({"A": {"matches": "environment"}, "B": None, "C": None}, held(tmp_path, {"A": "environment"}))
    assert found.says == "C is empty"


def test_a_file_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(SourceUnreachable, match=r"the file \.env beside the plan cannot be read: it is not UTF-8"):
        held(tmp_path, {})


async def test_a_gate_stays_shut_and_the_record_never_holds_a_value(tmp_path: Path) -> None:
    world = Scenario(tmp_path / "state", read(SMALL + GATE, tmp_path))
    world.variables = {"SESSION_SECRET": "changeme-battery", "STRIPE_KEY": "sk-correct-horse"}
    assert await world.release() is Outcome.NOT_STARTED
    (ended,) = world.events("check.ended")
    world.state.close()
    assert ended["says"] == "SESSION_SECRET has 16 characters, and must have at least 32 and has `changeme` in it"
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"battery" not in kept and b"correct-horse" not in kept


def test_what_is_usual_is_that_all_are_there_and_well_formed() -> None:
    (check,) = read(SMALL + GATE).gates["configuration"]
    assert judged(check.expects, {"missing": 0, "malformed": 0}) == (Verdict.PASS, ())
    assert judged(check.expects, {"missing": 1, "malformed": 0})[0] is Verdict.FAIL
    assert judged(check.expects, {"missing": 0, "malformed": 1})[0] is Verdict.FAIL


def test_what_a_plan_asks_of_variables_is_told_by_their_names() -> None:
    (check,) = read(SMALL + GATE).gates["configuration"]
    assert check_words(check) == ("Configured: env SESSION_SECRET, STRIPE_KEY, missing = 0, malformed = 0, within 10s")
