"""Two streams of rows, merged: what only one has, what both have with other values."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain.row_differences import MOST_KEYS, NO_KEY, Merge, Row, Side, Table, TableDifference, shared


def keyed(values: dict[int, str]) -> list[Row]:
    return [Row((key,), (str(key),), value) for key, value in sorted(values.items())]


def merged(left: list[Row], right: list[Row]) -> TableDifference:
    difference = TableDifference.of("t")
    merge, lefts, rights = Merge(difference), list(left), list(right)
    while lefts or rights:
        move_left, move_right = merge.step(lefts[0] if lefts else None, rights[0] if rights else None)
        del lefts[:move_left], rights[:move_right]
    return difference


VALUES = st.dictionaries(st.integers(0, 20), st.sampled_from("abc"))


@given(VALUES, VALUES)
def test_it_finds_exactly_what_comparing_whole_tables_finds(left: dict[int, str], right: dict[int, str]) -> None:
    found = merged(keyed(left), keyed(right))
    assert {int(key) for (key,) in found.keys[Side.LEFT]} == left.keys() - right.keys()
    assert {int(key) for (key,) in found.keys[Side.RIGHT]} == right.keys() - left.keys()
    assert {int(k) for (k,) in found.keys[Side.CHANGED]} == {
        k for k in left.keys() & right.keys() if left[k] != right[k]
    }


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_without_a_key_it_counts_what_either_side_has_more_of(left: list[str], right: list[str]) -> None:
    found = merged(*([Row((value,), (), value) for value in sorted(side)] for side in (left, right)))
    assert found.counts[Side.LEFT] == (Counter(left) - Counter(right)).total()
    assert found.counts[Side.RIGHT] == (Counter(right) - Counter(left)).total()
    assert found.keys == {side: [] for side in Side}


def test_counts_are_whole_where_keys_are_too_many_to_list() -> None:
    found = merged(keyed(dict.fromkeys(range(MOST_KEYS + 5), "a")), [])
    assert (found.counts[Side.LEFT], len(found.keys[Side.LEFT])) == (MOST_KEYS + 5, MOST_KEYS)


def test_rows_out_of_order_are_refused_before_anything_wrong_is_said() -> None:
    with pytest.raises(ValueError, match=r"^rows of t are not in order: \(1,\) after \(2,\)$"):
        merged([Row((2,), ("2",), "a"), Row((1,), ("1",), "a")], [])


def test_tables_that_differ_are_compared_by_what_both_have() -> None:
    old, new = Table("t", ("id", "a"), ("id",)), Table("t", ("id", "a", "b"), ("id",))
    assert shared(old, new) == (Table("t", ("id", "a"), ("id",)), "compared by the columns that both have: id, a")
    assert shared(Table("t", ("a",)), Table("t", ("a",))) == (Table("t", ("a",)), NO_KEY)
    assert shared(old, Table("t", ("id", "a"), ("a",)))[1] == (
        "its primary keys differ, so it is compared as if it had none"
    )
