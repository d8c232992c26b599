"""The twelve rules, each held against what happened in a world that was watched."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import text

from flightrules.domain.events import Entry
from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import ENDS_THE_RELEASE
from flightrules.testing.scenario import CANDIDATE, STABLE
from tests.release.flying import SECRET
from tests.release.watched import Effect, Watched

LONGEST_GAP = 16.0
"""Seconds between two looks of every 5 s: the source may hang for 5 s, and a step that ends then takes that look
with it, so that the source is asked once more."""

SETTLES = 1.5
"""Seconds that a signal may wait while what was going on cleans up after itself."""


def rule_1(world: Watched) -> None:
    """A split sums to 100 and never sends traffic to a version that is not healthy at that moment."""
    for effect in world.journal:
        if effect.routes is None or effect.routes.split is None:
            continue
        assert sum(share.basis_points for share in effect.routes.split.shares.values()) == 10_000, effect
        assert not effect.ill & {name for name, percent in effect.shares.items() if percent}, effect


def rule_2(world: Watched) -> None:
    """Abort is accepted in every state, at once, and the release goes back."""
    calls = [e for e in entries(world, "signal.taken") if e.event.data["kind_"] in ENDS_THE_RELEASE]
    refused = [e for e in entries(world, "signal.refused") if e.event.data["kind_"] in ENDS_THE_RELEASE]
    assert all("it came too late" in e.event.data["answer"] for e in refused), refused
    assert all(e.event.data["waited"] <= SETTLES for e in calls), calls
    [ended] = world.events("release.ended")
    if calls:
        assert ended["outcome"] in (Outcome.ROLLED_BACK, Outcome.CLOSED, Outcome.NOT_STARTED)
    if any(e.event.data["kind_"] == "shutdown" for e in calls):
        assert ended["outcome"] == Outcome.CLOSED
    assert set(world.sent) == set(world.inbox.answers), "everybody got an answer"


def rule_3(world: Watched) -> None:
    """Analysis goes on while the release waits for people."""
    looks = [seen.at for seen in world.seen()]
    ended = entries(world, "release.ended")[0].at
    beginnings = [at for at in world.starts if looks and at >= looks[0]]  # a process that died took its look with it
    moments = sorted([*looks, *beginnings, ended]) if looks else []
    gaps = [after - before for before, after in pairwise(moments)]
    assert max(gaps, default=0) <= LONGEST_GAP, gaps


def rule_4(world: Watched) -> None:
    """Ready, shift, confirmed, drain, stop; once it goes back nothing goes forward."""
    order = {"ready": 0, "shift": 1, "page": 1, "in-service": 2, "drain": 3, "stop": 4}
    for service in world.targets:
        for way in ("back", "shutdown"):
            done = [e["step"] for e in world.events("step.ended") if e["step"].startswith(f"{way}/{service}/")]
            places = [order[step.rsplit("/", 1)[1]] for step in done]
            assert places == sorted(places), done
    for effect in world.journal:
        assert not (effect.what == "stop" and effect.shares.get(effect.version)), f"stopped under traffic: {effect}"
    for before, after in _pairs_on_the_way_back(world):
        assert after.shares.get(CANDIDATE, 0) <= before.shares.get(CANDIDATE, 0), after


def _pairs_on_the_way_back(world: Watched) -> Iterator[tuple[Effect, Effect]]:
    began = [e.number for e in entries(world, "goback.started")]
    for service in world.targets:
        shifts = world.shifts(service)
        yield from ((a, b) for a, b in pairwise(shifts) if began and b.entry >= began[0])


def rule_6(world: Watched) -> None:
    """What no rule names leads to a hold, and people are told; traffic stays as it is."""
    told = " ".join(e["text"] for e in world.events("people.told") if e["urgent"])
    every = list(world.ledger.entries(release=world.id))
    for held in entries(world, "release.held"):
        until = next((e.number for e in every if e.number > held.number and e.event.kind == "step.started"), None)
        called = any(e.at == held.at for e in entries(world, "release.called_back"))
        assert held.event.data["why"] in told or called, held
        during = [e for e in world.journal if held.number <= e.entry and (until is None or e.entry < until)]
        assert during == [], during


def paused(world: Watched) -> None:
    """While it is paused traffic stays as it is, but for the way back."""
    if world.was_slow:  # a shift that was under way when somebody paused is not called off
        return
    every = list(world.ledger.entries(release=world.id))
    ends = ("release.resumed", "goback.started", "release.called_back", "release.ended")
    for begun in entries(world, "release.paused"):
        until = next(e.number for e in every if e.number > begun.number and e.event.kind in ends)
        during = [e for e in world.journal if e.what == "shift" and begun.number <= e.entry < until]
        assert during == [], during


def rule_7(world: Watched) -> None:
    """The intent of every effect is in the ledger before it starts, its result after it ends."""
    steps = [e for e in world.ledger.entries(release=world.id) if e.event.kind.startswith("step.")]
    for effect in world.journal:
        last = [e for e in steps if e.number <= effect.entry][-1]
        assert last.event.kind == "step.started", f"an effect between two steps: {effect}, after {last.event}"
    keys = [(e.event.key or "").rsplit("/", 1) for e in steps]
    started = [key for key, what in keys if what == "started"]
    ended = [key for key, what in keys if what == "ended"]
    assert started == ended, "each is recorded once, and has an end, and no two are side by side"


def rule_8(world: Watched) -> None:
    """Two orchestrators never drive one service."""
    assert world.out_of_turn == []


def rule_9(world: Watched) -> None:
    """A secret never reaches the ledger, a log, a report or a page."""
    for table in ("entries", "observations", "releases", "deployments", "leases"):
        rows = world.state.read(lambda c, table=table: c.execute(text(f"SELECT * FROM {table}")).all())
        assert [row for row in rows if SECRET in str(row)] == [], table
    assert [name for name, result in world.remembered.items() if SECRET in name + result] == []
    assert [notice for notice in world.notifier.told if SECRET in notice.text] == []


def rule_11(world: Watched) -> None:
    """Who, when, and the version's digest are on record (sign-offs come with another issue)."""
    every = list(world.ledger.entries(release=world.id))
    digests = {e.event.version for e in every}
    assert len(digests) == 1 and len(digests.pop()) == 64
    assert all(e.event.actor for e in every)
    assert [e.at for e in every] == sorted(e.at for e in every)
    by_people = ("signal.taken", "signal.refused")
    assert all(e.event.actor == "otto" for e in every if e.event.kind in by_people)


def the_end(world: Watched, outcome: Outcome) -> None:
    """What is recorded, shown and running agree with each other."""
    stable = None if world.first else STABLE
    kept = {STABLE} if stable else set()
    expected = {
        Outcome.RELEASED: ({CANDIDATE: 100.0}, {CANDIDATE} | kept, CANDIDATE),
        Outcome.ROLLED_BACK: ({STABLE: 100.0} if stable else {}, kept, stable),
        Outcome.CLOSED: ({}, set(), stable),
        Outcome.NOT_STARTED: ({}, kept, stable),
    }
    for service in world.targets:
        serves = world.serves(service)
        shares = world.shares(service)
        if outcome is Outcome.NOT_STARTED and stable and shares == {STABLE: 100.0}:
            shares = {}  # whether the router was asked to serve stable yet says nothing
        assert (shares, world.running(service), serves.name if serves else None) == expected[outcome], outcome
    assert world.ledger.verify() == ()
    assert [e["outcome"] for e in world.events("release.ended")] == [outcome]
    if outcome is Outcome.NOT_STARTED:  # stable may have been looked after, and the candidate built
        begun = [e for e in world.journal if e.shares.get(CANDIDATE) or (e.version == CANDIDATE and e.what != "build")]
        assert begun == []


RULES = (rule_1, rule_2, rule_3, rule_4, rule_6, paused, rule_7, rule_8, rule_9, rule_11)


def entries(world: Watched, kind: str) -> list[Entry]:
    return [entry for entry in world.ledger.entries(release=world.id) if entry.event.kind == kind]
