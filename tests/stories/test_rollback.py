"""Days after a release, somebody goes back to a version from before."""

import pytest

from flightrules.processes.birth import born
from tests.stories.fixture import Given, Then, When
from tests.stories.plans import UNTIL_ASKED

pytestmark = pytest.mark.slow


def test_a_version_from_before_comes_back_long_after_its_release(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1").with_stable("v2").with_users()
    when.somebody_says("rollback", "--to", "v1", "--reason", "orders look wrong")
    then.outcome("rolled back", status=0).says("Back at v1, after", "orders look wrong")
    then.splits("v1 100").in_service(web="v1").runs("v1").failed_requests()
    then.report_says("orders look wrong")
    when.somebody_says("rollback", "--to", "v1", "--reason", "once more")
    then.status(4).says("v1 is in service already", "there is nothing to go back to")
    when.somebody_says("rollback", "--to", "v2", "--reason", "orders were right")
    then.outcome("rolled back", status=0).in_service(web="v2").failed_requests()


def test_only_what_was_in_service_once_can_come_back(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    when.somebody_says("rollback", "--to", "v2", "--reason", "orders look wrong")
    then.status(4).says("v2 was never in service as web", "in service were: v1")


def test_a_version_comes_back_although_its_directory_is_gone_and_the_plan_is_broken(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop().with_stable("v1").with_stable("v2").with_users()
    (given.world.folder / "versions" / "v1" / "app.py").unlink()
    given.world.plan_file.write_text("plan: [\n")
    when.somebody_says("rollback", "--to", "v1", "--reason", "at three in the morning")
    then.status(0)
    given.world.agree_on(given.world.plan)
    then.outcome("rolled back", status=0).in_service(web="v1").failed_requests()


def test_while_a_release_is_under_way_it_goes_back_to_where_it_came_from(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=UNTIL_ASKED).with_stable("v1").with_stable("v2").with_users()
    when.releasing("v3-slow").it_comes_to("stage.started").somebody_says("rollback", "--to", "v1", "--reason", "why")
    then.status(4).says("it can only go back to where it came from")
    when.somebody_says("rollback", "--to", "v2", "--reason", "too slow")
    then.status(0).says("too slow")
    when.it_ends()
    then.outcome("rolled back").in_service(web="v2").runs("v1", "v2").failed_requests()


def test_without_a_version_it_lists_those_that_could_come_back_and_touches_nothing(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop(target={"keep_previous": "24h"}).with_stable("v1").with_stable("v2").with_stable("v3-slow")
    (v1,) = (pid for name, pid in given.world.programs().items() if name.startswith("web.v1-"))
    supervisord = given.world.supervisord()
    when.killing(supervisord).killing(v1)
    when.somebody_says("rollback", "--reason", "it is slow")
    then.status(2).says("which version? These served before:", "v2 served", "warm: it runs", "v1 served", "not running")
    then.says("name one: flight rollback --to VERSION --reason TEXT").runs("v2", "v3-slow")
    assert born(supervisord) is None
    assert [each["warm"] for each in when.somebody_says("rollback", "--json").json()["error"]["details"]["versions"]]
    when.somebody_says("rollback", "--to", "v2", "--reason", "it is slow")
    then.outcome("rolled back", status=0).in_service(web="v2")
