from __future__ import annotations

import json
import time
from typing import Any

import pytest
from sqlalchemy import insert, text

from flightrules.domain.errors import NotRecordable
from flightrules.state.database import State
from flightrules.state.observations import Observations, Seen
from flightrules.state.tables import observations


def look(stage: str, at: float, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "at": at, "readings": [{"metric": "error_rate", "value": 0.25, **more}]}


def test_looks_come_back_in_order_and_as_they_were(state: State, release: str) -> None:
    store = Observations(state)
    numbers = [store.add(release, look(stage, at)) for at, stage in enumerate(["canary", "canary", "full"])]
    assert list(store.of(release, "canary")) == [
        Seen(numbers[0], "canary", 0.0, look("canary", 0)),
        Seen(numbers[1], "canary", 1.0, look("canary", 1)),
    ]
    assert [seen.number for seen in store.of(release)] == numbers
    assert [seen.number for seen in store.of(release, after=numbers[1])] == numbers[2:]
    assert list(store.of("another")) == []


def test_the_latest_looks_come_in_order(state: State, release: str) -> None:
    store = Observations(state)
    numbers = [store.add(release, look("canary", at)) for at in range(5)]
    assert [seen.number for seen in store.latest(release, 3)] == numbers[2:]
    assert [seen.number for seen in store.latest(release, 9)] == numbers
    assert store.latest("another", 3) == ()


def test_a_look_without_a_json_form_is_refused_and_says_where(state: State, release: str) -> None:
    with pytest.raises(NotRecordable) as refused:
        Observations(state).add(release, look("canary", 1.0, requests=float("nan")))
    assert refused.value.what == "observation.readings[0].requests is nan, which has no JSON form"
    assert refused.value.do == "Record null and say why it is missing."


def test_secrets_and_broken_characters_are_not_stored(state: State, release: str) -> None:
    state.mask.add(["hunter2"])
    Observations(state).add(release, look("canary", 1.0, why="http://hunter2@host \udcff"))
    (seen,) = Observations(state).of(release)
    assert seen.record["readings"][0]["why"] == "http://***@host ?"


def test_many_looks_are_read_in_parts(state: State, release: str) -> None:
    rows = [{"release": release, "stage": "s", "at": float(i), "record": "{}"} for i in range(2500)]
    state.write(lambda connection: connection.execute(insert(observations), rows))
    assert [seen.at for seen in Observations(state).of(release, "s")] == [float(i) for i in range(2500)]


@pytest.mark.parametrize("stage", ["", " AND stage = 'full'"])
def test_looks_are_found_by_an_index_and_not_sorted(state: State, stage: str) -> None:
    query = f"EXPLAIN QUERY PLAN SELECT * FROM observations WHERE release = 'r' {stage} AND id > 5 ORDER BY id LIMIT 9"
    steps = [row.detail for row in state.read(lambda connection: connection.execute(text(query)).all())]
    assert len(steps) == 1
    assert "USING INDEX ix_observations" in steps[0] and "rowid>?" in steps[0]


def test_storing_a_look_costs_little_more_than_what_the_database_takes_for_it(state: State, release: str) -> None:
    store, record = Observations(state), look("canary", 1.0, histogram=list(range(200)))
    bare = {"release": release, "stage": "canary", "at": 1.0, "record": json.dumps(record)}
    ours, theirs = [], []
    for _ in range(50):  # in turn, so that a busy machine meets both
        begun = time.perf_counter()
        store.add(release, record)
        stored = time.perf_counter()
        state.write(lambda connection: connection.execute(insert(observations), bare))
        ours.append(stored - begun)
        theirs.append(time.perf_counter() - stored)
    assert sorted(ours)[25] < 10 * sorted(theirs)[25]
