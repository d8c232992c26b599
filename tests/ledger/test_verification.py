from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flightrules.domain.errors import StateUnusable
from flightrules.domain.events import Event, canonical, entry_hash
from flightrules.ledger.ledger import Ledger
from flightrules.ledger.verification import Flaw, verify_file
from flightrules.state.database import State, open_state
from flightrules.testing.fake_clock import FakeClock

COLUMNS = ("number", "at", "kind", "release", "data", "actor", "version", "key", "previous", "hash")
ENTRIES = 6


@pytest.fixture
def filled(ledger: Ledger, clock: FakeClock) -> Ledger:
    for number in range(1, ENTRIES + 1):
        ledger.append(Event("step.started", "r1", {"step": number}, key=None if number % 2 else f"k{number}"))
        clock.advance(0.25)
    return ledger


def tamper(state: State, *statements: str) -> None:
    with closing(sqlite3.connect(state.path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_ledger_has_no_flaw(filled: Ledger) -> None:
    assert filled.verify() == ()
    assert filled.verify(known=[filled.head()]) == ()


def test_a_changed_entry_is_found(filled: Ledger, state: State) -> None:
    tamper(state, "UPDATE entries SET actor = 'ben' WHERE number = 3")
    assert [str(flaw) for flaw in filled.verify()] == ["entry 3: it was changed: its content does not have its hash"]


def test_a_changed_entry_with_a_new_hash_breaks_the_chain(filled: Ledger, state: State) -> None:
    (entry,) = filled.entries(after=2, limit=1)
    event = Event("step.started", "r1", {"step": 99}, key=entry.event.key)
    forged = entry_hash(3, entry.at, event, entry.previous)
    tamper(state, f"UPDATE entries SET data = '{{\"step\":99}}', hash = '{forged}' WHERE number = 3")
    assert [str(flaw) for flaw in filled.verify()] == [
        "entry 4: it does not follow the entry before it: its `previous` is not that one's hash"
    ]


@pytest.mark.parametrize(
    ("removed", "words"),
    [
        ("1", "entry 2: before it entry 1 is missing"),
        ("3", "entry 4: before it entry 3 is missing"),
        ("2, 3, 4", "entry 5: before it entries 2 to 4 are missing"),
        ("6", "entry 6: it was removed: the ledger ends with entry 5"),
        ("1, 2, 3, 4, 5, 6", "entry 6: it was removed: the ledger ends with entry 0"),
    ],
)
def test_a_removed_entry_is_found_also_the_first_and_the_last(
    filled: Ledger, state: State, removed: str, words: str
) -> None:
    tamper(state, f"DELETE FROM entries WHERE number IN ({removed})")
    assert [str(flaw) for flaw in filled.verify()] == [words]


def test_a_removed_head_is_found(filled: Ledger, state: State) -> None:
    tamper(state, "DELETE FROM head")
    assert filled.verify() == (
        Flaw(0, "the ledger's head is missing, so entries at its end may be missing too"),
    )  # fmt: skip
    assert str(filled.verify()[0]) == "the ledger's head is missing, so entries at its end may be missing too"


def test_a_changed_head_is_found(filled: Ledger, state: State) -> None:
    tamper(state, "UPDATE head SET hash = 'x'")
    assert filled.verify() == (Flaw(6, "its hash is not that of the ledger's head"),)


def test_an_entry_from_outside_is_found(filled: Ledger, state: State) -> None:
    number, last = filled.head()
    event = Event("sign_off.given", "r1", {}, actor="anna")
    forged = entry_hash(number + 1, 1.0, event, last)
    tamper(
        state,
        "INSERT INTO entries VALUES "
        f"(7, 1.0, 'sign_off.given', 'r1', '{{}}', 'anna', '', NULL, '{last}', '{forged}')",
    )  # fmt: skip
    assert filled.verify() == (Flaw(7, "it was added from outside: by its head, the ledger ends with entry 6"),)


def test_entries_that_changed_places_are_found(filled: Ledger, state: State) -> None:
    tamper(
        state,
        "UPDATE entries SET number = 99 WHERE number = 2",
        "UPDATE entries SET number = 2 WHERE number = 4",
        "UPDATE entries SET number = 4 WHERE number = 99",
    )
    assert {flaw.number for flaw in filled.verify()} >= {2, 4}


def test_a_chain_that_was_written_anew_is_found_by_a_hash_from_a_report(filled: Ledger, tmp_path: Path) -> None:
    in_the_report = filled.head()
    other = open_state(tmp_path / "other", FakeClock())
    forged = Ledger(other, FakeClock())
    for number in range(ENTRIES):
        forged.append(Event("step.started", "r1", {"step": number}))
    assert forged.verify() == ()
    assert forged.verify([in_the_report]) == (Flaw(6, "its hash is not the one that was written down elsewhere"),)
    assert forged.verify([(9, "x")]) == (Flaw(9, "it was removed: its hash was written down elsewhere"),)
    other.close()


def test_an_entry_that_is_no_text_at_all_is_a_flaw_and_no_crash(filled: Ledger, state: State) -> None:
    tamper(
        state,
        "UPDATE entries SET data = CAST(x'ff00fe' AS TEXT) WHERE number = 2",
        "UPDATE entries SET actor = x'00ff' WHERE number = 4",
        f"UPDATE entries SET data = '{'[' * 5000}' WHERE number = 5",
    )
    assert [flaw.number for flaw in filled.verify()] == [2, 4, 5]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"x" * 4096)
    with pytest.raises(StateUnusable, match="is damaged: file is not a database"):
        verify_file(tmp_path / "copy.db")


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.sampled_from(["flight", "r1", "k2", '{"step":2}', '{"step": 2}', '{"step":2,"step":2}', "0" * 64]),
)


@given(number=st.integers(1, ENTRIES), column=st.sampled_from(COLUMNS), value=VALUES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_single_change_of_any_entry_is_found(
    filled: Ledger, state: State, number: int, column: str, value: Any
) -> None:
    with closing(sqlite3.connect(state.path, isolation_level=None)) as connection:
        before = connection.execute("SELECT * FROM entries").fetchall()
        connection.execute("BEGIN")
        try:
            connection.execute(f"UPDATE entries SET {column} = ? WHERE number = ?", (value, number))
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            assume(False)
        assume(connection.execute("SELECT * FROM entries").fetchall() != before)
        connection.execute("COMMIT")
        try:
            assert filled.verify() != ()
        finally:
            connection.execute("DELETE FROM entries")
            connection.executemany(f"INSERT INTO entries VALUES ({','.join('?' * len(COLUMNS))})", before)
    assert filled.verify() == ()


def test_another_writing_of_the_same_json_is_a_change(filled: Ledger, state: State) -> None:
    tamper(state, "UPDATE entries SET data = '{\"step\": 3}' WHERE number = 3")
    assert [flaw.number for flaw in filled.verify()] == [3]
    assert canonical({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'
