"""The score of the gates in a release, and before one."""

from dataclasses import replace

from flightrules.domain.agreed_score import AgreedScore
from flightrules.domain.check_results import CheckResult
from flightrules.domain.outcome import Outcome
from flightrules.phases import readiness
from flightrules.testing.fake_durable import Fate
from tests.release.plans import STAGES, command_check, plan
from tests.release.test_people import POLICY, TEAM, signature

TESTS = command_check("Tests pass", "make test", 60.0)
DOCS = replace(command_check("Docs are there", "make docs", 60.0), mandatory=False)


def scored(at_least: float):
    return plan(gates={"code": (TESTS, DOCS)}, readiness=AgreedScore(at_least), stages=STAGES[2:])


async def test_a_release_begins_with_the_score_that_was_agreed(watched):
    world = watched(scored(50))
    world.commands.failing["make docs"] = 1
    assert await world.release() is Outcome.RELEASED
    [assessed] = world.events("readiness.assessed")
    assert (assessed["score"], assessed["go"]) == (50.0, True)


async def test_a_release_with_a_lower_score_touches_nothing_and_what_is_lacking_is_said(watched):
    world = watched(scored(90))
    world.commands.failing["make docs"] = 1
    assert await world.release() is Outcome.NOT_STARTED
    assert world.journal == []
    [refused] = world.events("release.refused")
    assert refused["why"] == "the score of 50 is below 90: Docs are there: exit status 1"


async def test_before_a_release_every_gate_is_asked_and_no_person(watched):
    world = watched(plan(gates={"code": (TESTS, DOCS), "legal": (POLICY,)}, team=TEAM, stages=STAGES[2:]))
    world.commands.failing["make test"] = 2
    told: list[tuple[str, CheckResult]] = []
    ready = await readiness.look(await world.run_of(Fate()), lambda gate, result: told.append((gate, result)))
    assert [(gate, each.says) for gate, each in ready.blocking] == [
        ("code", "exit status 2"),
        ("legal", "nobody has signed it; who can: legal: Lea"),
    ]
    assert {each.check for _, each in told} == {"Tests pass", "Docs are there", "Privacy policy updated"}
    assert list(world.ledger.entries()) == []


async def test_a_signature_counts_for_the_version_that_was_signed(watched):
    world = watched(plan(gates={"legal": (POLICY,)}, team=TEAM, stages=STAGES[2:]))
    signature(world, "another-digest")
    run = await world.run_of(Fate())
    [(_, missing)] = (await readiness.look(run, lambda gate, result: None)).blocking
    assert missing.says == "nobody has signed it; who can: legal: Lea; lea signed it for another version"
    signature(world, run.version)
    assert (await readiness.look(run, lambda gate, result: None)).go
