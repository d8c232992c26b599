"""What `for 5m` means, to the look: every sentence of docs/reference/limits.md about time."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain.stretches import Stretch

T, F, NONE = True, False, None


def fires_at(looks, lasting, every=15.0):
    """Return the times at which a rule without memory of its own would fire, for looks `every` seconds apart."""
    return fires_at_times([(number * every, true) for number, true in enumerate(looks)], lasting, every)


def fires_at_times(timed, lasting, every=15.0):
    stretch, fired = Stretch(), []
    for at, true in timed:
        stretch = stretch.after(true, at, every)
        if true and stretch.is_long_enough(lasting, every):
            fired.append(at)
    return fired


def test_five_minutes_at_looks_of_15_s_are_21_true_looks_in_a_row():
    assert fires_at([T] * 20, 300) == []
    assert fires_at([T] * 21, 300) == [300.0]


def test_without_for_a_single_true_look_fires():
    assert fires_at([F, T], 0) == [15.0]


def test_a_false_look_breaks_the_stretch():
    assert fires_at([T] * 20 + [F] + [T] * 20, 300) == []
    assert fires_at([T] * 20 + [F] + [T] * 21, 300) == [21 * 15 + 300.0]


def test_one_missing_look_neither_counts_nor_breaks_the_stretch():
    assert fires_at([T] * 10 + [NONE] + [T] * 10, 300) == [300.0]


def test_a_rule_fires_only_at_a_look_at_which_its_condition_is_true():
    assert fires_at([T] * 20 + [NONE, T], 300) == [315.0]


def test_two_missing_looks_in_a_row_break_the_stretch():
    assert fires_at([T] * 10 + [NONE, NONE] + [T] * 20, 300) == []
    assert fires_at([T] * 10 + [NONE, NONE] + [T] * 21, 300) == [12 * 15 + 300.0]


def test_missing_looks_that_are_not_in_a_row_do_not_break_it():
    assert fires_at([T, NONE] * 10 + [T], 300) == [300.0]


def test_a_stretch_does_not_begin_with_a_missing_look():
    assert fires_at([NONE] + [T] * 20, 300) == []


def test_looks_that_never_happened_count_as_missing_looks():
    one_left_out = [(0, T), (15, T), (45, T), (60, T)]
    two_left_out = [(0, T), (15, T), (60, T), (75, T)]
    assert fires_at_times(one_left_out, 60) == [60]
    assert fires_at_times(two_left_out, 60) == []


@pytest.mark.parametrize(("gap", "kept"), [(2.5, True), (2.51, False)])
def test_a_gap_of_more_than_two_and_a_half_intervals_breaks_the_stretch(gap, kept):
    stretch = Stretch().after(True, 0, 15).after(True, gap * 15, 15)
    assert (stretch.began == 0) is kept


def test_a_look_left_out_and_a_missing_one_after_it_are_two_in_a_row():
    assert Stretch().after(True, 0, 15).after(None, 30, 15).began is None


def test_looks_a_little_early_do_not_delay_a_rule_by_a_whole_look():
    early = [(number * 15 - (0.9 if number == 20 else 0.0), T) for number in range(21)]
    assert fires_at_times(early, 300) == [299.1]


def test_looks_more_than_a_second_early_are_too_early():
    early = [(number * 15 - (1.1 if number == 20 else 0.0), T) for number in range(21)]
    assert fires_at_times(early, 300) == []


def test_with_looks_further_apart_than_the_for_a_second_true_look_fires():
    assert fires_at([T, T], 300, every=900.0) == [900.0]


def test_an_unscheduled_look_is_never_a_gap():
    stretch = Stretch().after(True, 0, 0).after(True, 1000, 0)
    assert stretch.began == 0


REFERENCE = Path(__file__).parents[2] / "docs/reference/limits.md"
ROWS = re.findall(r"^\| ((?:[TF·*]|\(one look left out\)| )+) \| ", REFERENCE.read_text(), re.MULTILINE)
SIGNS = {"T": T, "**T**": T, "F": F, "·": NONE}


@pytest.mark.parametrize("row", ROWS)
def test_the_worked_examples_of_the_reference_are_true(row):
    at, timed, bold = 0.0, [], []
    for sign in row.replace("(one look left out)", "gap").split():
        if sign != "gap":
            timed.append((at, SIGNS[sign]))
        bold += [at] if sign == "**T**" else []
        at += 15.0
    assert bold and fires_at_times(timed, 60) == bold


def test_the_reference_has_worked_examples():
    assert len(ROWS) == 7


@given(st.lists(st.sampled_from([T, F, NONE]), max_size=60), st.sampled_from([0.0, 15.0, 60.0, 300.0]))
def test_a_rule_never_fires_on_missing_or_false_data(looks, lasting):
    assert all(looks[int(at / 15)] is True for at in fires_at(looks, lasting))


@given(st.lists(st.sampled_from([T, F, NONE]), max_size=60), st.integers(0, 10))
def test_a_rule_fires_exactly_where_the_definition_says_so(looks, for_looks):
    """The definition, written the other way round: search back from each look for the begin of its stretch."""

    def by_definition(now):
        if looks[now] is not True:
            return False
        begin, missing = now, 0
        for number in range(now, -1, -1):
            missing = missing + 1 if looks[number] is None else 0
            if looks[number] is False or missing == 2:
                break
            if looks[number]:
                begin = number
        return now - begin >= for_looks

    expected = [now * 15.0 for now in range(len(looks)) if by_definition(now)]
    assert fires_at(looks, for_looks * 15.0) == expected
