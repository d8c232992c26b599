"""At three in the morning the terminal lacks the variables of the plan: only what uses them needs them."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import UNTIL_ASKED

pytestmark = pytest.mark.slow

BUILD = {"build": 'test -n "${BUILD_TOKEN}" && cp -r "$PLAN_FOLDER/shoplib" .', "environment": {"KEY": "${KEY}"}}
VALUES = "BUILD_TOKEN=correct-horse\nKEY=battery-staple\n"


def test_a_release_that_nobody_drives_is_aborted_without_them(given: Given, when: When, then: Then) -> None:
    given.a_shop(target=BUILD, stages=UNTIL_ASKED)
    values = given.world.folder / ".env"
    values.write_text(VALUES)
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").it_is_killed()
    values.unlink()
    when.somebody_says("run")
    then.status(2).says("the variable BUILD_TOKEN is not set", "the variable KEY is not set")
    when.somebody_says("abort", "--reason", "why")
    then.outcome("rolled back", status=0).in_service(web="v1").runs("v1").failed_requests()


def test_a_version_that_is_warm_comes_back_without_them_and_another_says_what_it_needs(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop(target=BUILD)
    values = given.world.folder / ".env"
    values.write_text(VALUES)
    given.with_stable("v1").with_stable("v2").with_users()
    values.unlink()
    when.somebody_says("rollback", "--to", "v1", "--reason", "orders look wrong")
    then.outcome("rolled back", status=0).in_service(web="v1").runs("v1").failed_requests()
    when.somebody_says("rollback", "--to", "v2", "--reason", "orders were right")
    then.outcome("not started", status=6).in_service(web="v1")
    then.says("to start v2 of web takes the variable KEY", "in .env beside the plan, and type it again")
    values.write_text(VALUES)
    when.somebody_says("rollback", "--to", "v2", "--reason", "orders were right")
    then.outcome("rolled back", status=0).in_service(web="v2").failed_requests()
