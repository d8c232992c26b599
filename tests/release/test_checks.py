"""Checks in a release: what stops it, what does not, and what nobody knows."""

import asyncio
from dataclasses import replace
from datetime import date

from flightrules.checks import browser
from flightrules.domain.checks import Check, Waiver
from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from tests.release.plans import STAGES, command_check, plan

GATE = command_check("Few violations", "npm run a11y", 60.0)


def gated(check: Check):
    return plan(gates={"code": (check,)}, stages=STAGES[2:])


async def test_what_is_not_applicable_is_not_asked_and_its_reason_is_on_record(watched):
    world = watched(gated(replace(GATE, not_applicable="no user interface")))
    assert await world.release() is Outcome.RELEASED
    assert world.commands.ran == []
    [ended] = world.events("check.ended")
    assert (ended["passed"], ended["excused"]) == (False, "not applicable: no user interface")


async def test_what_is_not_mandatory_is_asked_and_holds_nothing_up(watched):
    world = watched(gated(replace(GATE, mandatory=False)))
    world.commands.failing["npm run a11y"] = 3
    assert await world.release() is Outcome.RELEASED
    [ended] = world.events("check.ended")
    assert (ended["verdict"], ended["says"], ended["excused"]) == ("fail", "exit status 3", "not mandatory")


async def test_a_waiver_counts_until_the_end_of_its_last_day(watched):
    world = watched(gated(replace(GATE, waiver=Waiver("anna", date(2099, 1, 1), "mended in 4.2"))))
    world.commands.failing["npm run a11y"] = 3
    assert await world.release() is Outcome.RELEASED
    [ended] = world.events("check.ended")
    assert ended["excused"] == "waived by anna until 2099-01-01: mended in 4.2"


async def test_a_waiver_that_is_over_counts_no_more(watched):
    world = watched(gated(replace(GATE, waiver=Waiver("anna", date(2001, 1, 1), "mended in 4.2"))))
    world.commands.failing["npm run a11y"] = 3
    assert await world.release() is Outcome.NOT_STARTED
    [ended] = world.events("check.ended")
    assert (ended["excused"], ended["says"]) == ("", "exit status 3; its waiver by anna ended on 2001-01-01")


async def test_a_verification_of_which_nobody_knows_holds_and_is_asked_again(watched):
    serious = replace(GATE, expects=(replace(GATE.expects[0], value="serious", text="serious = 0", usual=False),))
    world = watched(plan(verify=(serious,), stages=STAGES[2:]))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("release.held"))
    [held] = world.events("release.held")
    assert held["why"].startswith("the verification could not be carried out: Few violations: there is no `serious`")
    assert world.commands.ran == ["npm run a11y"]
    world.ask(Ask.RESUME)
    await world.until(lambda: len(world.commands.ran) == 2)
    world.ask(Ask.ABORT, reason="a test")
    assert await running is Outcome.ROLLED_BACK


async def test_what_a_check_needs_is_looked_for_before_anything_begins(watched, monkeypatch):
    monkeypatch.setattr("flightrules.checks.browser.PROGRAMS", ("no-such-browser",))
    page = Check("The first page is quick", "browser", browser.Options(browser="/"), 60.0)
    world = watched(plan(gates={"code": (GATE,)}, verify=(page,), stages=STAGES[2:]))
    assert await world.release() is Outcome.NOT_STARTED
    assert (world.commands.ran, world.journal) == ([], [])
    [refused] = world.events("release.refused")
    assert refused["why"].startswith("what checks need is not here: The first page is quick: there is no Chromium here")
