from __future__ import annotations

import json
from enum import StrEnum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from flightrules.domain.errors import NotRecordable
from flightrules.domain.events import FIRST, Entry, Event, entry_hash
from flightrules.ledger.ledger import Ledger
from flightrules.state.database import State
from flightrules.state.releases import RELEASE, Release, Releases
from flightrules.testing.fake_clock import FakeClock


def step(number: int, release: str = "r1") -> Event:
    return Event("step.started", release, {"step": f"s{number}"}, key=f"s{number}/started")


def test_entries_carry_the_hash_of_the_one_before(ledger: Ledger, clock: FakeClock) -> None:
    first = ledger.append(step(1))
    clock.advance(1.5)
    second = ledger.append(step(2))
    assert (first.number, first.previous) == (1, FIRST)
    assert second == Entry(2, clock.now(), step(2), first.hash, entry_hash(2, clock.now(), step(2), first.hash))
    assert list(ledger.entries()) == [first, second]
    assert ledger.head() == (2, second.hash)


def test_an_empty_ledger_has_a_head_too(ledger: Ledger) -> None:
    assert ledger.head() == (0, FIRST)
    assert ledger.verify() == ()


def test_an_event_with_the_same_release_and_key_is_recorded_once(ledger: Ledger, clock: FakeClock) -> None:
    first = ledger.append(step(1))
    clock.advance(60)
    assert ledger.append(step(1)) == first
    assert ledger.append(step(1, release="r2")).number == 2
    assert ledger.find("r1", "s1/started") == first
    assert ledger.find("r1", "s9/started") is None


def test_events_without_a_key_are_recorded_every_time(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.append(Event("people.told", "r1", {"text": "hello"}))
    assert ledger.head()[0] == 3


def test_a_clock_that_runs_backwards_is_recorded_as_it_is(ledger: Ledger, clock: FakeClock) -> None:
    later = ledger.append(step(1))
    clock.time -= 3600
    assert ledger.append(step(2)).at == later.at - 3600
    assert ledger.verify() == ()


def test_entries_can_be_read_in_parts(ledger: Ledger) -> None:
    for number in range(1, 603):
        ledger.append(step(number, release=f"r{number % 2}"))
    assert [entry.number for entry in ledger.entries()] == list(range(1, 603))
    assert [entry.number for entry in ledger.entries("r0", after=594)] == [596, 598, 600, 602]
    assert [entry.number for entry in ledger.entries(after=5, limit=2)] == [6, 7]
    assert len(list(ledger.entries(limit=550))) == 550
    assert list(ledger.entries(limit=0)) == []


class Colour(StrEnum):
    RED = "red"


def test_what_is_written_is_what_is_read(ledger: Ledger) -> None:
    data = {"list": (1, 2), "enum": Colour.RED, "deep": {"ä": [None, True, 1e-7]}, "half": "a\udcffb", "zero": "\0"}
    entry = ledger.append(Event("step.ended", "r1", data))
    assert entry.event.data == {
        "list": [1, 2], "enum": "red", "deep": {"ä": [None, True, 1e-7]}, "half": "a?b", "zero": "\0",
    }  # fmt: skip
    assert list(ledger.entries()) == [entry]
    assert ledger.verify() == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.dictionaries(st.text(), JSON, max_size=4), actor=st.text(), key=st.none() | st.text())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_json_is_recorded_can_be_verified(ledger: Ledger, data: dict, actor: str, key: str | None) -> None:
    ledger.append(Event("step.ended", "r1", data, actor=actor, key=key))
    assert ledger.verify() == ()


def test_a_secret_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    with pytest.raises(NotRecordable) as refused:
        ledger.append(Event("step.started", "r1", {"options": [{"token": SecretStr("hunter2")}]}))
    assert refused.value.what == "data.options[0].token holds a secret, and a secret is never recorded"
    assert refused.value.do == "Leave it out, or record its name instead."
    assert ledger.head()[0] == 0


def test_what_has_no_json_form_is_refused_and_says_where(ledger: Ledger) -> None:
    with pytest.raises(NotRecordable) as refused:
        ledger.append(Event("step.ended", "r1", {"result": {"tags": {"a"}}}))
    assert refused.value.what == "data.result.tags is a set, which has no JSON form"
    with pytest.raises(NotRecordable, match=r"data\.value is inf, which has no JSON form"):
        ledger.append(Event("step.ended", "r1", {"value": float("inf")}))


def test_known_secrets_are_hidden_wherever_they_occur(ledger: Ledger, state: State) -> None:
    ledger.mask(["p@ss word", "p@ss", "abc"])
    entry = ledger.append(
        Event(
            "step.failed",
            "r1",
            {"error": "login p@ss word failed", "p@ss": ["postgres://u:p%40ss%20word@db", "p%40ss+word"], "abc": "abc"},
            actor="p@ss",
        )
    )
    assert entry.event.data == {
        "error": "login *** failed", "***": ["postgres://u:***@db", "***"], "abc": "abc",
    }  # fmt: skip
    assert entry.event.actor == "***"
    state.write(lambda connection: connection.exec_driver_sql("PRAGMA user_version = 1"))
    assert not any(b"p@ss" in file.read_bytes() for file in state.folder.iterdir() if file.name.startswith("flight.db"))


def test_names_are_not_masked_since_two_steps_must_not_become_one(ledger: Ledger) -> None:
    ledger.mask(["canary", "graduated"])
    ledger.append(Event("stage.started", "r1", key="stage/canary"))
    ledger.append(Event("stage.started", "r1", key="stage/graduated"))
    assert ledger.head()[0] == 2


def test_a_value_that_stands_in_a_name_of_the_plan_is_no_secret(ledger: Ledger) -> None:
    ledger.mask(["production", "hunter2"], names=["shop", "production-eu"])
    entry = ledger.append(Event("stage.ended", "r1", {"to": "production-eu", "says": "hunter2 in production"}))
    assert entry.event.data == {"to": "production-eu", "says": "*** in production"}


def test_an_export_is_cloud_events_that_carry_the_chain(ledger: Ledger, state: State, clock: FakeClock) -> None:
    Releases(state).create(Release("r1", RELEASE, "my shop", "plan: my shop", "abc", "anna"))
    entry = ledger.append(Event("rule.fired", "r1", {"rule": "error_rate > 5%"}, version="sha256:1", key="k"))
    ledger.append(step(1, release="r2"))
    (exported,) = ledger.export("r1")
    assert exported == {
        "specversion": "1.0",
        "id": "1",
        "source": "/flightrules/my%20shop",
        "type": "dev.flightrules.rule.fired",
        "time": "2026-09-21T14:13:20.000000Z",
        "subject": "r1",
        "datacontenttype": "application/json",
        "data": {
            "number": 1,
            "at": 1790000000.0,
            "kind": "rule.fired",
            "release": "r1",
            "data": {"rule": "error_rate > 5%"},
            "actor": "flight",
            "version": "sha256:1",
            "key": "k",
            "previous": FIRST,
            "hash": entry.hash,
        },
    }
    assert [event["id"] for event in ledger.export()] == ["1", "2"]


KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"


@pytest.mark.parametrize("shown", [*KEY.splitlines()[1:3], repr(KEY), json.dumps(KEY)])
def test_a_secret_of_several_lines_is_hidden_line_by_line_and_as_it_is_escaped(ledger: Ledger, shown: str) -> None:
    ledger.mask([KEY])
    said = ledger.append(Event("check.ended", "r1", {"output": [f"the check printed {shown}"]})).event.data["output"][0]
    assert "MIIEvQIBADANBgkq" not in said and "hkiG9w0BAQEFAASC" not in said
