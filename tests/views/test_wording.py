"""Every event in plain words, word for word."""

from typing import Any

import pytest

from flightrules.domain.events import Entry, Event
from flightrules.views.model import Tone
from flightrules.views.wording import Cast, words

ONE = Cast({"web": ("v2", "v1")})
TWO = Cast({"web": ("v2", "v1"), "api": ("v2", "v1")})
FIRST = Cast({"web": ("v1", None)})


def entry(kind: str, key: str | None = None, actor: str = "flight", **data: Any) -> Entry:
    return Entry(1, 0.0, Event(kind, "r", data, actor, "", key), "", "")


SAID: list[tuple[Entry, Cast, Tone, str]] = [
    (entry("release.started", story="release"), ONE, Tone.NEWS, "release of v2 begins beside v1"),
    (entry("release.started", story="release"), FIRST, Tone.NEWS, "release of v1 begins"),
    (
        entry("release.started", story="rollback", reason="wrong prices", actor="anna"),
        ONE,
        Tone.NEWS,
        "return from v2 to v1 begins: wrong prices, by anna",
    ),
    (entry("step.started", step="start/web/build"), ONE, Tone.QUIET, "building v2"),
    (entry("step.started", step="start/api/build"), TWO, Tone.QUIET, "building v2 of api"),
    (entry("step.started", step="gates/code"), ONE, Tone.QUIET, "opening the gate code"),
    (entry("step.started", step="back/web/shift"), ONE, Tone.QUIET, "moving the traffic to v1"),
    (entry("step.started", step="back/web/shift"), FIRST, Tone.QUIET, "making sure that v1 gets no traffic"),
    (
        entry("step.failed", step="start/web/build", seconds=2.5, error={"kind": "BuildFailed", "what": "status 1"}),
        ONE,
        Tone.BAD,
        "building v2: failed after 2.5s: status 1",
    ),
    (entry("check.ended", check="Unit tests", passed=True, says="exit status 0"), ONE, Tone.GOOD, "passed: Unit tests"),
    (
        entry("check.ended", check="Unit tests", passed=False, says="exit status 1"),
        ONE,
        Tone.BAD,
        "failed: Unit tests: exit status 1",
    ),
    (
        entry("traffic.shifted", service="web", split={"a": 95.0, "b": 5.0}, names={"a": "v1", "b": "v2"}, seconds=0.1),
        ONE,
        Tone.NEWS,
        "traffic: v2 5%, v1 95% (confirmed after 100ms)",
    ),
    (
        entry("traffic.shifted", service="web", split={}, closed=True, seconds=0.1),
        TWO,
        Tone.WARNING,
        "the router answers with the plan's page of web",
    ),
    (
        entry("stage.started", stage="canary", share="5%", hold=172800.0),
        ONE,
        Tone.NEWS,
        "stage canary holds at 5% for 2d",
    ),
    (entry("stage.ended", stage="canary", verdict="pass", says="all well"), ONE, Tone.GOOD,
     "stage canary passed: all well"),
    (entry("stage.ended", stage="full", verdict="fail", says="p95 is 2s", do="step back", to="canary"), ONE, Tone.BAD,
     "stage full failed: p95 is 2s; the release steps back to canary"),
    (entry("stage.ended", stage="full", verdict="fail", says="stepped back by anna: too slow", do="step back",
           to="canary", by_person=True), ONE, Tone.WARNING,
     "stage full ended before its time: stepped back by anna: too slow; the release steps back to canary"),
    (entry("stage.ended", stage="full", verdict="pass", says="promoted by anna", by_person=True), ONE, Tone.GOOD,
     "stage full passed: promoted by anna"),
    (entry("stage.began_again", visit="stages/1-canary", at=1.0, says="p95 is 2s"), ONE, Tone.WARNING,
     "the hold begins again: p95 is 2s"),
    (entry("rule.fired", rule="error_rate > 5%: roll back", says="it is 9%", action="roll back"), ONE, Tone.BAD,
     "rule error_rate > 5%: roll back: it is 9%"),
    (entry("rule.fired", rule="memory > 1 GB: warn", says="it is 2 GiB", action="warn"), ONE, Tone.WARNING,
     "rule memory > 1 GB: warn: it is 2 GiB"),
    (entry("rule.fired", rule="compare", says="candidate fails 2%", action="roll back"), ONE, Tone.BAD,
     "the comparison: candidate fails 2%"),
    (entry("comparison.started", service="web", overdispersion=1.5, estimated=True), ONE, Tone.NEWS,
     "v2 is compared with v1; errors of v1 come in clusters of 1.5"),
    (entry("comparison.started", service="web", overdispersion=1.0, estimated=True), ONE, Tone.NEWS,
     "v2 is compared with v1; errors of v1 come one by one"),
    (entry("comparison.started", service="web", overdispersion=3.0, estimated=False), ONE, Tone.NEWS,
     "v2 is compared with v1; too few errors of v1 were seen to know whether they come in clusters: until then all "
     "evidence is divided by 3"),
    (entry("people.told", "stages/1-canary/insufficient", text="cannot be judged"), ONE, Tone.WARNING,
     "cannot be judged"),
    (entry("people.not_told", why="no route"), ONE, Tone.WARNING, "people could not be told: no route"),
    (entry("signal.taken", kind_="pause", arguments={"reason": "lunch"}, answer="paused", actor="anna"), ONE,
     Tone.NEWS, "pause (lunch), by anna: paused"),
    (entry("signal.refused", kind_="promote", answer="there is no stage", actor="anna"), ONE, Tone.WARNING,
     "promote, by anna was not taken: there is no stage"),
    (entry("release.held", why="the disk is full"), ONE, Tone.BAD, "the release holds: the disk is full"),
    (entry("release.paused"), ONE, Tone.WARNING, "paused"),
    (entry("release.paused", why="memory grows"), ONE, Tone.WARNING, "paused: memory grows"),
    (entry("release.resumed"), ONE, Tone.NEWS, "the release goes on"),
    (entry("release.refused", why="a gate did not open"), ONE, Tone.BAD, "not started: a gate did not open"),
    (
        entry("release.refused", why="the gate code did not open: Tests: exit status 1"), ONE, Tone.BAD,
        "not started: the gate code did not open",
    ),
    (entry("goback.started", why="it is 9%", procedure="code"), ONE, Tone.BAD, "going back to v1: it is 9%"),
    (entry("goback.started", why="it is 9%", procedure="code"), FIRST, Tone.BAD, "going back: it is 9%"),
    (entry("goback.started", why="breach", procedure="shutdown"), ONE, Tone.BAD, "shutting down: breach"),
    (entry("goback.ended", procedure="code", total=0.4, detect=5.0, shift=0.1), ONE, Tone.GOOD,
     "back after 400ms (shift 100ms); before that: detect 5s"),
    (entry("release.ended", outcome="released", seconds=42.0), ONE, Tone.GOOD, "ended: released, after 42s"),
    (entry("something.newer"), ONE, Tone.QUIET, "something.newer"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "cast", "tone", "text"), SAID, ids=[text for _, _, _, text in SAID])
def test_an_event_is_said_like_this(event: Entry, cast: Cast, tone: Tone, text: str) -> None:
    said = words(event, cast)
    assert said is not None
    assert (said.text, said.tone) == (text, tone)


@pytest.mark.parametrize(
    "event",
    [
        entry("step.ended", step="start/web/build", seconds=1.0),
        entry("step.started", step="stages/1-canary/hold"),
        entry("step.started", step="back/web/in-service"),
        entry("people.told", text="going back"),
        entry("release.called_back", failure={}),
        entry("stage.decided", ask="promote"),
        entry("step.failed", step="stages/1-canary/hold", seconds=1.0, error={"kind": "RuleFired", "what": "it is 9%"}),
    ],
    ids=lambda event: event.event.kind,
)
def test_what_another_event_says_better_is_not_said_twice(event: Entry) -> None:
    assert words(event, ONE) is None
