from __future__ import annotations

import pytest
from sqlalchemy import select, update

from flightrules.state import tables
from flightrules.state.checkpoints import Checkpoint, Checkpoints
from flightrules.state.database import State
from flightrules.state.observations import Observations


@pytest.fixture
def looks(state: State, release: str) -> list[int]:
    return [Observations(state).add(release, {"stage": "canary", "at": at}) for at in range(6)]


def test_a_checkpoint_comes_back_as_it_was(state: State, release: str, looks: list[int]) -> None:
    Checkpoints(state).add(release, looks[0], {"log_e": 0.1, "names": ["a"]}, [{"at": 1.5}], after=0)
    assert Checkpoints(state).newest_first(release) == (Checkpoint(looks[0], {"log_e": 0.1, "names": ["a"]}),)
    assert Checkpoints(state).hold(release, looks[0]) == ({"at": 1.5},)
    assert Checkpoints(state).newest_first("another") == ()


def test_the_newest_two_are_kept(state: State, release: str, looks: list[int]) -> None:
    store = Checkpoints(state)
    for number, after in zip(looks, (0, *looks), strict=False):
        store.add(release, number, {}, [{"at": number}], after)
    assert [each.look for each in store.newest_first(release)] == [looks[5], looks[4]]


def test_the_looks_of_a_hold_are_stored_part_by_part(state: State, release: str, looks: list[int]) -> None:
    store = Checkpoints(state)
    for number, after in zip(looks, (0, *looks), strict=False):
        store.add(release, number, {}, [{"at": number}], after)
    assert store.hold(release, looks[5]) == tuple({"at": number} for number in looks)
    assert store.hold(release, looks[4]) == tuple({"at": number} for number in looks[:5])


def test_those_of_another_hold_go(state: State, release: str, looks: list[int]) -> None:
    store = Checkpoints(state)
    store.add(release, looks[0], {}, [{"at": 0}], after=0)
    store.add(release, looks[1], {}, [{"at": 1}], after=0)
    assert store.hold(release, looks[1]) == ({"at": 1},)


def test_those_beyond_the_checkpoint_that_was_gone_on_from_go(state: State, release: str, looks: list[int]) -> None:
    store = Checkpoints(state)
    store.add(release, looks[0], {}, [{"at": 0}], after=0)
    store.add(release, looks[1], {}, [{"at": 1}], after=looks[0])
    store.add(release, looks[2], {}, [{"at": 2}], after=looks[0])
    assert store.hold(release, looks[2]) == ({"at": 0}, {"at": 2})


def test_one_that_is_cut_off_or_changed_is_not_read(state: State, release: str, looks: list[int]) -> None:
    store = Checkpoints(state)
    store.add(release, looks[0], {"log_e": 1.0}, [{"at": 0}], after=0)
    for changed in ('{"log_e":', '{"log_e":2.0}', ""):
        state.write(lambda c, text=changed: c.execute(update(tables.checkpoints).values(record=text)))
        assert store.newest_first(release) == (Checkpoint(looks[0], None),)
        state.write(lambda c, text=changed: c.execute(update(tables.hold_looks).values(record=text)))
        assert store.hold(release, looks[0]) is None


class Died(BaseException):
    """The process ends here."""


def test_one_that_the_process_died_over_is_not_there_and_the_one_before_is_whole(
    state: State, release: str, looks: list[int]
) -> None:
    store = Checkpoints(state)
    store.add(release, looks[0], {"number": 0}, [{"at": 0}], after=0)
    killed = Checkpoints(_Killed(state))
    with pytest.raises(Died):
        killed.add(release, looks[1], {"number": 1}, [{"at": 1}], after=0)
    assert store.newest_first(release) == (Checkpoint(looks[0], {"number": 0}),)
    assert store.hold(release, looks[0]) == ({"at": 0},)


class _Killed:
    """A state whose process dies after everything of a transaction was written, and before it is committed."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.mask = state.mask

    def note(self, work):
        def die(connection):
            work(connection)
            raise Died

        self._state.note(die)


def test_a_release_that_has_ended_leaves_none(state: State, release: str, looks: list[int]) -> None:
    Checkpoints(state).add(release, looks[0], {}, [{"at": 0}], after=0)
    Checkpoints(state).forget(release)
    for table in (tables.checkpoints, tables.hold_looks):
        assert state.read(lambda c, table=table: c.execute(select(table)).all()) == []


def test_no_secret_gets_into_one(state: State, release: str, looks: list[int]) -> None:
    state.mask.add(["hunter2-secret"])
    Checkpoints(state).add(release, looks[0], {"says": "password hunter2-secret"}, [], after=0)
    assert Checkpoints(state).newest_first(release) == (Checkpoint(looks[0], {"says": "password ***"}),)
