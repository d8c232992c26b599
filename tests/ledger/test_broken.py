"""A ledger that was changed from outside goes on, in a chain that says so for ever."""

from __future__ import annotations

import pytest

from flightrules.domain.events import BROKEN, Entry, Event
from flightrules.ledger.ledger import Ledger
from flightrules.state.database import State
from flightrules.testing.fake_clock import FakeClock
from tests.ledger.test_verification import ENTRIES, filled, tamper

__all__ = ["filled"]


def next_event(key: str = "next") -> Event:
    return Event("step.started", "r1", {"step": "back"}, key=key)


BREAKS = {
    "DELETE FROM head": (
        ENTRIES,
        "its head was removed, so entries after number 6 may be missing too",
    ),
    "DELETE FROM entries WHERE number >= 5": (6, "it ends with entry 4, and by its head with entry 6"),
    "DELETE FROM entries": (6, "it ends with entry 0, and by its head with entry 6"),
    "INSERT INTO entries VALUES (7, 1.0, 'x', 'r9', '{}', 'anna', '', NULL, 'x', 'x')": (
        7,
        "it ends with entry 7, and by its head with entry 6",
    ),
    "UPDATE head SET hash = 'x'": (6, "its last entry, number 6, has not the hash of its head"),
}


@pytest.mark.parametrize("how", BREAKS)
def test_what_happens_next_is_recorded_in_a_new_chain(filled: Ledger, state: State, how: str, clock: FakeClock) -> None:
    last, what = BREAKS[how]
    tamper(state, how)
    entry = filled.append(next_event())
    (begun,) = filled.entries(after=last, limit=1)
    assert (begun.number, begun.event.kind, begun.at) == (last + 1, BROKEN, clock.now())
    assert begun.event.data == {"number": last, "what": what}
    assert entry == Entry(last + 2, clock.now(), next_event(), begun.hash, entry.hash)
    assert filled.head() == (entry.number, entry.hash)


@pytest.mark.parametrize("how", BREAKS)
def test_the_break_is_reported_for_ever(filled: Ledger, state: State, how: str) -> None:
    last, what = BREAKS[how]
    tamper(state, how)
    for number in range(3):
        filled.append(next_event(f"k-{number}"))
    told = f"entry {last + 1}: here the ledger was found broken, and a new chain begins: {what}"
    assert told in [str(flaw) for flaw in filled.verify()]
    assert filled.verify()[-1].number <= last + 1, "nothing is wrong with the new chain"


def test_what_is_changed_before_the_new_chain_is_found_afterwards_too(filled: Ledger, state: State) -> None:
    tamper(state, "DELETE FROM head")
    filled.append(next_event())
    tamper(state, "DELETE FROM entries WHERE number = 6")
    assert [flaw.number for flaw in filled.verify()] == [7, 7]
    assert str(filled.verify()[0]) == "entry 7: before it entry 6 is missing"


def test_a_break_is_recorded_once_and_found_again_by_its_release(filled: Ledger, state: State) -> None:
    assert filled.last("r1", BROKEN) is None
    tamper(state, "DELETE FROM head")
    filled.append(next_event())
    filled.append(next_event("another"))
    found = filled.last("r1", BROKEN)
    assert found is not None and found.number == ENTRIES + 1
    assert [entry.event.kind for entry in filled.entries(after=ENTRIES)].count(BROKEN) == 1
    assert filled.last("r2", BROKEN) is None


def test_an_entry_that_cannot_be_read_is_shown_as_one(filled: Ledger, state: State) -> None:
    tamper(state, "UPDATE entries SET data = '{{' WHERE number = 3")
    kinds = [entry.event.kind for entry in filled.entries()]
    assert kinds[2] == "ledger.unreadable" and len(kinds) == ENTRIES
    assert filled.append(next_event()).number == ENTRIES + 1


def test_the_head_is_that_of_what_is_there_when_it_was_removed(filled: Ledger, state: State) -> None:
    known = filled.head()
    tamper(state, "DELETE FROM head")
    assert filled.head() == known
