"""People in a release: approvals and signatures, who may give them, and what time does to them."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from flightrules.checks import sign_off
from flightrules.domain.checks import Check
from flightrules.domain.events import Event
from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Approval, Person, Team
from flightrules.domain.signals import Ask
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import STAGES, command_check, plan

TEAM = Team(
    tuple(Person(each, each, each.title()) for each in ("anna", "otto", "mia", "lea")),
    {"release-manager": ("anna", "otto"), "engineering": ("otto", "mia", "lea"), "qa": ("mia",), "legal": ("lea",)},
)
POLICY = Check("Privacy policy updated", "sign_off", sign_off.Options(sign_off="legal"), sign_off.WITHIN)


def approved_by(*approvals: Approval, **more):
    return plan(approvals=approvals, team=TEAM, stages=STAGES[2:], **more)


def signed(**more):
    return plan(gates={"legal": (POLICY,)}, team=TEAM, stages=STAGES[2:], **more)


def waiting(world) -> list[str]:
    return [each["says"] for each in world.events("question.asked")]


async def answer(world, who: str, ask: Ask = Ask.APPROVE, **arguments: str) -> str:
    world.sent.append(world.inbox.send(ask, who, arguments))
    await world.settle()
    return world.answer()


async def begun(world):
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("question.asked"))
    await world.settle()
    return running


async def test_a_release_waits_for_its_approval_and_touches_nothing_before(watched):
    world = watched(approved_by(Approval(("release-manager",))))
    running = await begun(world)
    assert waiting(world) == ["the release of v2 waits for the approval of release-manager"]
    assert world.events("question.asked")[0]["who"] == "release-manager: Anna, Otto"
    assert world.journal == []
    assert await answer(world, "mia") == (
        "mia is not release-manager in team.yaml; who can answer: release-manager: anna, otto"
    )
    assert await answer(world, "otto", reason="looked at it") == "approved"
    assert await running is Outcome.RELEASED
    [said] = world.events("question.answered")
    assert (said["by"], said["role"], said["reason"]) == ("otto", "release-manager", "looked at it")
    assert said["version"] == (await world.targets["web"].identify("v2")).digest


async def test_nobody_approves_their_own_release_where_another_person_is_asked_for(watched):
    world = watched(approved_by(Approval(("release-manager",), not_author=True)))
    running = await begun(world)  # anna begins it
    assert (await answer(world, "anna")).startswith("who wrote or began the release cannot approve it; who can answer")
    assert await answer(world, "otto") == "approved"
    assert await running is Outcome.RELEASED


async def test_two_different_people_of_one_role(watched):
    world = watched(approved_by(Approval(("engineering",), of=2)))
    running = await begun(world)
    assert await answer(world, "mia") == "approved"
    assert (await answer(world, "mia")).startswith("has approved already, and a second person is asked for")
    assert await answer(world, "lea") == "approved"
    assert await running is Outcome.RELEASED
    assert waiting(world)[1].endswith("engineering (2 of 2)")


async def test_each_of_several_roles_is_asked_at_once_and_two_may_answer_at_once(watched):
    world = watched(approved_by(Approval(("release-manager", "qa"), every=True)))
    running = await begun(world)
    assert len(waiting(world)) == 2
    world.inbox.send(Ask.APPROVE, "mia")
    world.inbox.send(Ask.APPROVE, "otto")
    assert await running is Outcome.RELEASED
    assert {(each["by"], each["role"]) for each in world.events("question.answered")} == {
        ("mia", "qa"), ("otto", "release-manager"),
    }  # fmt: skip


async def test_who_rejects_ends_it_before_anything_is_touched(watched):
    world = watched(approved_by(Approval(("release-manager",))))
    running = await begun(world)
    await answer(world, "otto", Ask.REJECT, reason="not on a Friday")
    assert await running is Outcome.NOT_STARTED
    assert world.journal == []
    assert world.events("release.refused")[0]["why"] == "rejected by otto (release-manager): not on a Friday"


async def test_people_are_reminded_and_it_ends_when_nobody_answers_in_time(watched):
    world = watched(approved_by(Approval(("release-manager",), within=10 * 3600.0)))
    assert await world.release() is Outcome.NOT_STARTED
    told = [each["text"] for each in world.events("people.told")]
    assert [text.rpartition("; ")[2] for text in told[1:]] == ["it has waited 4h", "it has waited 8h"]
    assert world.events("release.refused")[0]["why"].startswith("nobody answered within 10h: ")


async def test_an_answer_after_the_end_is_refused(watched):
    world = watched(approved_by(Approval(("release-manager",), within=3600.0)))
    assert await world.release() is Outcome.NOT_STARTED
    assert await answer(world, "otto") is None or "too late" in world.answer()
    assert not world.events("question.answered")


@pytest.mark.parametrize("moment", range(1, 40, 2))
async def test_a_crash_at_any_moment_loses_no_answer_no_reminder_and_no_deadline(watched, moment):
    world = watched(approved_by(Approval(("release-manager",), within=10 * 3600.0)))
    fate = Fate(dies_at=moment)
    try:
        outcome = await world.release(fate)
    except (Crash, BaseExceptionGroup):
        outcome = await world.release()
    assert outcome is Outcome.NOT_STARTED
    texts = [each["text"] for each in world.events("people.told") if "waits for the approval" in each["text"]]
    assert len(texts) == len(set(texts)) == 3
    [refused] = world.events("release.refused")
    assert refused["why"].startswith("nobody answered within 10h: ")


async def test_abort_is_taken_while_it_waits_for_people(watched):
    world = watched(approved_by(Approval(("release-manager",))))
    running = await begun(world)
    assert await answer(world, "mia", Ask.ABORT, reason="never mind") == "the release goes back"
    assert await running is Outcome.NOT_STARTED


async def test_a_gate_waits_for_a_signature(watched):
    world = watched(signed())
    running = await begun(world)
    assert waiting(world) == ["Privacy policy updated: waits for the signature of legal"]
    assert await answer(world, "lea", item="Privacy policy") == (
        "nothing waits for Privacy policy at this moment; what does: Privacy policy updated"
    )
    assert await answer(world, "lea", item="Privacy policy updated") == "approved: Privacy policy updated"
    assert await running is Outcome.RELEASED
    [ended] = world.events("check.ended")
    assert (ended["passed"], ended["says"]) == (True, "signed by lea (legal)")


async def test_who_refuses_to_sign_keeps_the_gate_shut(watched):
    world = watched(signed())
    running = await begun(world)
    await answer(world, "lea", Ask.REJECT, reason="section 4 is missing")
    assert await running is Outcome.NOT_STARTED
    assert "refused by lea (legal): section 4 is missing" in world.events("release.refused")[0]["why"]


async def test_nobody_is_woken_for_a_gate_in_which_a_machine_says_no(watched):
    checks = (POLICY, command_check("Tests pass", "make test", 60.0))
    world = watched(plan(gates={"all": checks}, team=TEAM, stages=STAGES[2:]))
    world.commands.failing["make test"] = 1
    assert await world.release() is Outcome.NOT_STARTED
    assert waiting(world) == []


def signature(world, digest: str) -> None:
    said = {"item": POLICY.name, "by": "lea", "role": "legal", "reason": ""}
    world.ledger.append(Event("signature.given", "", said, actor="lea", version=digest))


async def test_a_signature_given_before_the_release_counts_for_its_version(watched):
    world = watched(signed())
    signature(world, (await world.targets["web"].identify("v2")).digest)
    assert await world.release() is Outcome.RELEASED
    assert waiting(world) == []


async def test_a_signature_for_another_digest_is_none_and_it_is_said(watched):
    world = watched(signed())
    signature(world, "another-digest")
    running = await begun(world)
    assert waiting(world) == [
        "Privacy policy updated: waits for the signature of legal (that of lea was for another version)"
    ]
    await answer(world, "lea")
    assert await running is Outcome.RELEASED


async def test_without_anybody_who_is_known_nobody_can_sign_and_it_can_be_aborted(watched):
    world = watched(replace(signed(), team=Team(broken="team.yaml:1:1: the file is empty")))
    running = await begun(world)
    assert (await answer(world, "lea")).startswith("lea is not legal in team.yaml")
    await answer(world, "lea", Ask.ABORT, reason="later")
    assert await running is Outcome.NOT_STARTED


def test_the_folder_of_a_plan_needs_no_team(tmp_path: Path) -> None:
    from flightrules.plan_file.team import read_team

    assert read_team(tmp_path).team is None
