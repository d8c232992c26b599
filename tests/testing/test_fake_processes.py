"""The programs that are only written down behave as kept ones do."""

import pytest

from flightrules.domain.errors import ProcessFailed
from flightrules.ports.processes import Program
from flightrules.testing.fake_processes import FakeProcesses

APP = Program("app", ("serve",), "/")


async def test_a_program_is_adopted_while_it_runs_as_described_and_replaced_otherwise():
    processes = FakeProcesses()
    first = await processes.ensure(APP)
    assert await processes.ensure(APP) == first
    other = await processes.ensure(Program("app", ("serve", "--fast"), "/"))
    assert other.pid != first.pid
    assert await processes.listing() == (other,)


async def test_a_program_that_crashed_is_listed_with_why_and_started_when_it_is_asked_for():
    processes = FakeProcesses()
    await processes.ensure(APP)
    processes.crash("app", "ended: exit status 3")
    (dead,) = await processes.listing()
    assert (dead.pid, dead.running, dead.why) == (None, False, "ended: exit status 3")
    assert (await processes.ensure(APP)).running


async def test_what_was_ended_is_forgotten_and_may_be_ended_again():
    processes = FakeProcesses()
    await processes.ensure(APP)
    await processes.end("app")
    await processes.end("app")
    assert await processes.listing() == ()
    assert processes.ended == ["app"]


async def test_a_program_can_be_made_to_fail():
    processes = FakeProcesses()
    processes.refused["app"] = "no such file"
    with pytest.raises(ProcessFailed, match=r"^app could not be started: no such file$"):
        await processes.ensure(APP)
