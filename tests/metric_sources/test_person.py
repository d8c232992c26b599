"""What people said is passed on, and what is missing is said with who could say it."""

from typing import Any

import pytest

from flightrules.domain.comparison import Comparison
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.people import Person, Team
from flightrules.domain.plan import (
    PERSON,
    Condition,
    FixedLimit,
    Look,
    LookSchedule,
    Metric,
    Plan,
    Unit,
    VersionFrom,
    Watch,
)
from flightrules.domain.stating import best, stateable, who
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, Gauge
from flightrules.metric_sources.person import Options, PersonSource, unit_of
from flightrules.ports.metric_source import Question
from flightrules.ports.people import Said
from flightrules.testing.fake_clock import FakeClock

QUESTION = Question("web", {CANDIDATE: Version("v2", "2" * 64)})
TEAM = Team((Person("bob", "bobby", "Bob"), Person("anna", "anna", "Anna")), {"product": ("anna", "bob"), "qa": ()})


class People:
    """What was said, and who could."""

    def __init__(self) -> None:
        self.last: Said | None = None

    def said(self, metric: str) -> Said | None:
        return self.last

    def who(self, role: str) -> str:
        return who(role, TEAM)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def asked(people: People, clock: FakeClock, **options: Any) -> PersonSource:
    return PersonSource(Options(role="product", **options), "joy", clock, people)


async def test_before_anybody_has_said_it_there_is_no_value_and_it_says_who_can(clock: FakeClock) -> None:
    source = asked(People(), clock)
    assert await source.read(QUESTION) == {}
    assert source.why_nothing == "nobody has said it yet: flight measure joy NUMBER (role product: anna, bobby)"


async def test_an_answer_counts_as_long_as_the_plan_says(clock: FakeClock) -> None:
    people = People()
    people.last = Said(4.5, "anna", clock.now())
    fleeting, lasting = asked(people, clock, fresh=60.0), asked(people, clock)
    clock.advance(60.0)
    assert await fleeting.read(QUESTION) == {ALL: Gauge(4.5)} and fleeting.why_nothing == ""
    clock.advance(3540.0)
    assert await fleeting.read(QUESTION) == {}
    assert fleeting.why_nothing.startswith("what anna said is 1h old and counts for 1m: flight measure joy NUMBER")
    assert await lasting.read(QUESTION) == {ALL: Gauge(4.5)}


async def test_a_record_that_was_changed_by_hand_is_no_measurement(clock: FakeClock) -> None:
    people = People()
    people.last = Said("very", "anna", clock.now())
    with pytest.raises(SourceUnreachable, match="what anna said is the text `very`, not a number"):
        await asked(people, clock).read(QUESTION)


def test_on_a_scale_the_unit_is_known() -> None:
    assert unit_of("joy", Options(role="product", scale=5)) is Unit.NUMBER
    assert unit_of("joy", Options(role="product")) is None


def test_who_can_is_named_as_they_log_in() -> None:
    assert (who("qa", TEAM), who("product", None)) == ("role qa: nobody", "role product")


@pytest.mark.parametrize(("comparison", "value"), [(Comparison.AT_LEAST, 5.0), (Comparison.BELOW, 0.0)])
def test_the_best_is_what_the_plan_hopes_for(comparison: Comparison, value: float) -> None:
    metric = Metric("joy", PERSON, Unit.NUMBER, Options(role="product", scale=5))
    wanted = Condition("joy", comparison, FixedLimit(2.0), text="joy")
    watch = Watch(60.0, LookSchedule((Look(5.0),)), (wanted,))
    made = Plan("shop", VersionFrom("argument"), (), (), metrics=(metric,), watch=watch, team=TEAM)
    assert [(each.name, said) for each, said in best(made)] == [("joy", value)]
    assert stateable(made, "anna")["joy"].seats == {"product": ("anna", "bobby")}
