from __future__ import annotations

from flightrules.state.database import State
from flightrules.state.increments import Increment, Increments
from flightrules.state.observations import Observations


def look(state: State, release: str, at: float) -> int:
    return Observations(state).add(release, {"stage": "canary", "at": at})


def row(number: int, service: str = "web", **evidence: float) -> Increment:
    return Increment(number, service, float(number), "canary", 5, 1, 95, 0, evidence)


def test_increments_come_back_in_order_and_as_they_were(state: State, release: str) -> None:
    store, numbers = Increments(state), [look(state, release, at) for at in range(3)]
    for number in numbers:
        store.add(release, [row(number, "web", log_e=0.25 * number), row(number, "api")])
    assert list(store.of(release))[:2] == [row(numbers[0], "api"), row(numbers[0], "web", log_e=0.25 * numbers[0])]
    assert [each.look for each in store.of(release, after=numbers[1])] == [numbers[2], numbers[2]]
    assert list(store.of("another")) == []


def test_an_increment_that_is_stored_stays_as_it_is(state: State, release: str) -> None:
    store, number = Increments(state), look(state, release, 1.0)
    store.add(release, [row(number, log_e=1.0)])
    store.add(release, [row(number, log_e=2.0)])
    assert [each.evidence for each in store.of(release)] == [{"log_e": 1.0}]


def test_the_last_look_that_was_weighed_is_known(state: State, release: str) -> None:
    store = Increments(state)
    assert store.last_look(release) == 0
    numbers = [look(state, release, at) for at in range(2)]
    store.add(release, [row(numbers[0])])
    assert store.last_look(release) == numbers[0]


def test_many_increments_are_read_part_by_part(state: State, release: str, monkeypatch) -> None:
    monkeypatch.setattr("flightrules.state.increments.PAGE", 2)
    store, numbers = Increments(state), [look(state, release, at) for at in range(5)]
    for number in numbers:
        store.add(release, [row(number, "api"), row(number, "web")])
    assert [each.look for each in store.of(release)] == [number for number in numbers for _ in range(2)]
