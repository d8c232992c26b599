"""`flight down` ends everything of a state, in order; `flight open` and `flight run` start it again."""

import socket

import pytest

from flightrules.processes.birth import born
from tests.stories.fixture import Given, Then, When
from tests.stories.plans import UNTIL_ASKED

pytestmark = pytest.mark.slow


def nobody_listens(given: Given) -> bool:
    host, _, port = given.world.addresses()["web"].partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


def test_everything_ends_and_the_record_says_what(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1").with_stable("v2")
    pids = [given.world.supervisord(), *given.world.programs().values()]
    assert len(pids) == 4, "supervisord, the router, and both versions"
    when.somebody_says("down", "--yes", "--reason", "the machine is needed")
    then.outcome("down", status=0).says("Nothing runs any more, after", "the machine is needed", "stopping the router")
    assert [pid for pid in pids if born(pid)] == []
    assert nobody_listens(given)
    then.happened("processes.ended", times=1)
    steps = then.steps()
    order = ["shutdown/web/page", "shutdown/web/drain", "shutdown/web/stop", "down/web/router", "down/processes"]
    assert sorted(order, key=steps.index) == order
    (ended,) = given.world.entries("processes.ended")
    assert {name.split("-")[0] for name in ended.event.data["programs"]} == {
        "web.v1",
        "web.v2",
        "router",
        "supervisord",
    }
    then.report_says("Everything was ended")


def test_what_was_ended_is_opened_again(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    when.somebody_says("down", "--yes", "--reason", "the machine is needed")
    then.status(0)
    when.somebody_says("run", "v1")
    then.status(4).says("v1 is what served before everything was ended", "`flight open` starts it again")
    when.somebody_says("status")
    then.says("nothing runs any more", "nobody answers", "stopped: web v1 since", "next: flight open")
    assert when.somebody_says("status", "--json").json()["stopped"] is True
    when.somebody_says("down", "--yes", "--reason", "again")
    then.status(0).says("Nothing runs here, so nothing was ended")
    when.somebody_says("open")
    then.outcome("opened", status=0).in_service(web="v1").runs("v1")


def test_another_version_is_released_beside_what_was_ended(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    when.somebody_says("down", "--yes", "--reason", "the machine is needed")
    given.agreeing_on(stages=UNTIL_ASKED)
    when.releasing("v2").it_comes_to("stage.started")
    given.with_users()
    when.somebody_says("abort", "--reason", "enough")
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").failed_requests()


def test_an_emergency_stays_one_when_everything_was_ended(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    when.somebody_says("shutdown", "--reason", "cards are charged twice")
    when.somebody_says("down", "--yes", "--reason", "nobody needs the page")
    then.outcome("down", status=0)
    when.somebody_says("run", "v2")
    then.status(4).says("the services are shut down", "`flight open` starts them again")


def test_a_release_that_is_under_way_has_to_be_ended_first(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=UNTIL_ASKED).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").somebody_says("down", "--yes", "--reason", "now")
    then.status(4).says("has not ended", "end it first: `flight abort` takes it back; then: flight down")
    when.somebody_says("abort", "--reason", "now")
    when.it_ends()
    then.in_service(web="v1").failed_requests()


def test_a_first_version_that_never_served_leaves_nothing_running_either(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=UNTIL_ASKED)
    when.releasing("v1").it_comes_to("stage.started").somebody_says("abort", "--reason", "not today")
    when.it_ends()
    when.somebody_says("down", "--yes", "--reason", "the machine is needed")
    then.outcome("down", status=0).runs()
    assert nobody_listens(given)
    given.with_stable("v1")
    then.in_service(web="v1")


BODY = b'{"item": "lamp"}'


def a_request_without_its_body(given: Given) -> socket.socket:
    host, _, port = given.world.addresses()["web"].partition(":")
    asking = socket.create_connection((host, int(port)))
    asking.sendall(f"POST /api/orders HTTP/1.1\r\nHost: shop\r\nContent-Length: {len(BODY)}\r\n\r\n".encode())
    return asking


def test_a_down_that_is_killed_goes_on_with_run(given: Given, when: When, then: Then) -> None:
    given.a_shop(target={"drain": "3s"}).with_stable("v1")
    with a_request_without_its_body(given):
        when.driver = given.world.start("down", "--yes", "--reason", "the machine is needed")
        when.it_comes_to("step.started", step="shutdown/web/drain").it_is_killed()
        when.somebody_says("down", "--yes", "--reason", "again")
        then.status(4).says("has not ended", "`flight run` goes on to its end; then: flight down")
        when.going_on().it_ends()
    then.outcome("down").happened("processes.ended", times=1).runs()
    assert nobody_listens(given)


def test_requests_in_flight_get_their_time(given: Given, when: When, then: Then) -> None:
    given.a_shop(target={"drain": "3s"}).with_stable("v1")
    with a_request_without_its_body(given) as asking:
        when.driver = given.world.start("down", "--yes", "--reason", "the machine is needed")
        when.it_comes_to("step.started", step="shutdown/web/drain")
        asking.sendall(BODY)
        assert b"x-shop-version: v1" in asking.recv(1000), "the page has answered, or nobody"
    when.it_ends()
    then.outcome("down", status=0)


def test_a_person_at_a_terminal_is_asked_whether_and_why(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    when.somebody_says("down", "--reason", "the machine is needed")
    then.status(2).says("there is no terminal to ask in", 'flight down --yes --reason "…"')
    when.somebody_says("down", "--yes")
    then.status(2).says("flight down --yes needs a reason").runs("v1")
    terminal = given.world.open_terminal("down")
    terminal.shows("This ends everything that runs here")
    terminal.shows("Go on? [y/N]:")
    terminal.types("n\n")
    terminal.ends(2)
    then.runs("v1")
    terminal = given.world.open_terminal("down")
    terminal.shows("Go on? [y/N]:")
    terminal.types("y\n")
    terminal.shows("Why? It is kept in the ledger:")
    terminal.types("the machine is needed\n")
    terminal.ends(0)
    then.happened("release.started", story="down", reason="the machine is needed").runs()
