from __future__ import annotations

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import FlightError
from flightrules.domain.signals import Ask, Signal
from flightrules.state.changes import Changes
from flightrules.state.database import State, open_state
from flightrules.state.inbox import Inbox
from flightrules.testing.fake_clock import FakeClock


def test_signals_wait_in_the_order_in_which_they_were_sent(state: State, release: str, clock: FakeClock) -> None:
    inbox = Inbox(state)
    first = inbox.send(release, Ask.PAUSE, "anna")
    second = inbox.send(release, Ask.STEP_BACK, "ben", {"to": "canary"})
    assert inbox.waiting(release) == (
        Signal(first, Ask.PAUSE, "anna", clock.now()),
        Signal(second, Ask.STEP_BACK, "ben", clock.now(), {"to": "canary"}),
    )
    assert inbox.waiting("another") == ()


def test_a_signal_is_answered_once(state: State, release: str, clock: FakeClock) -> None:
    inbox = Inbox(state)
    number = inbox.send(release, Ask.PAUSE, "anna")
    assert inbox.get(number).answer is None
    clock.advance(0.2)
    inbox.take(number, "paused")
    inbox.take(number, "too late")
    letter = inbox.get(number)
    assert (letter.release, letter.answer, letter.taken_at) == (release, "paused", clock.now())
    assert inbox.waiting(release) == ()


def test_a_signal_to_a_release_that_does_not_exist_is_refused(state: State) -> None:
    with pytest.raises(FlightError) as refused:
        Inbox(state).send("r9", Ask.ABORT, "anna")
    assert refused.value.what == "there is no release r9"


def test_a_signal_that_does_not_exist_is_named(state: State) -> None:
    with pytest.raises(FlightError, match="there is no signal 7"):
        Inbox(state).get(7)


def test_a_change_is_noticed_once_whoever_made_it(state: State, release: str) -> None:
    other = open_state(state.folder, SystemClock())
    changes = Changes(state)
    assert not changes.any()
    for writer in (state, other):
        Inbox(writer).send(release, Ask.PAUSE, "anna")
        assert changes.any()
        assert not changes.any()
    Inbox(other).waiting(release)
    assert not changes.any()
    changes.close()
    other.close()


def test_a_secret_that_only_the_driver_knows_is_gone_once_the_request_was_taken(state: State, release: str) -> None:
    inbox = Inbox(state)
    number = inbox.send(release, Ask.ABORT, "anna", {"reason": "leaked correct-horse"})
    state.mask.add(["correct-horse"])
    inbox.take(number, "the release goes back")
    assert inbox.get(number).signal.arguments == {"reason": "leaked ***"}
