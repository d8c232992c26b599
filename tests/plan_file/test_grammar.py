"""The small texts: what is written comes back as the same quantity, and what cannot be read says where it ends."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain.plan import Comparison, Condition, Do, FixedLimit, Unit
from flightrules.plan_file import grammar, units
from flightrules.plan_file.grammar import GrammarError

SPACES = st.sampled_from(["", " ", "  "])
NUMBERS = st.decimals(min_value=0, max_value=9999, places=3).map(lambda number: format(number.normalize(), "f"))
TIMES = st.tuples(NUMBERS, SPACES, st.sampled_from(sorted(units.TIME_WORDS)))
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@given(
    st.lists(TIMES.filter(lambda time: "w" not in time[2] or Decimal(time[0]) < 100), min_size=1, max_size=4), SPACES
)
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[str, str, str]], between: str) -> None:
    total = sum(Decimal(number) * units.TIME_WORDS[unit] for number, _, unit in parts)
    assert_duration(between.join("".join(part) for part in parts), total)


def assert_duration(text: str, total: Decimal | int) -> None:
    if total > units.LONGEST:
        with pytest.raises(GrammarError, match="longer than ten years"):
            units.duration(text)
    else:
        assert units.duration(text) == float(total)


@given(NUMBERS, SPACES, st.sampled_from(sorted(units.SIZE_WORDS)))
def test_a_size_is_its_number_of_bytes(number: str, space: str, unit: str) -> None:
    assert units.size(number + space + unit) == int(Decimal(number) * units.SIZE_WORDS[unit])


@given(st.integers(0, 10_000))
def test_every_share_reads_back_as_itself(basis_points: int) -> None:
    share = units.share(f"{basis_points / 100:g}%")
    assert share.basis_points == basis_points
    assert units.share(str(share)) == share


@given(NAMES, st.sampled_from(list(Comparison)), st.integers(0, 10_000), SPACES, st.none() | st.integers(1, 3600))
def test_a_condition_reads_back_as_it_was_written(
    metric: str, comparison: Comparison, limit: int, space: str, lasting: int | None
) -> None:
    text = f"{metric} {comparison}{space}{limit / 1000:g}" + (f" for {lasting}s" if lasting else "")
    read = units.condition(grammar.claim(text), Unit.NUMBER, text)
    assert read == Condition(metric, comparison, FixedLimit(limit / 1000), float(lasting or 0), text)


@given(NAMES)
def test_a_stage_may_have_any_name_also_that_of_a_word_of_the_grammar(name: str) -> None:
    assert grammar.action(f"step back to {name}").to == name


@pytest.mark.parametrize("name", ["for", "grows", "baseline", "x", "every", "per", "page", "warn"])
def test_words_of_the_grammar_are_names_where_a_name_stands(name: str) -> None:
    assert grammar.claim(f"{name} > 5").metric == name
    assert grammar.action(f"step back to {name}").to == name
    assert grammar.action(f"page {name}").to == name


@pytest.mark.parametrize(
    "text, do, to",
    [
        ("warn", Do.WARN, None),
        ("page", Do.PAGE, None),
        ("page on-call", Do.PAGE, "on-call"),
        ("pause", Do.PAUSE, None),
        ("roll   back", Do.ROLL_BACK, None),
        ("step back to canary", Do.STEP_BACK, "canary"),
        ("shut down", Do.SHUT_DOWN, None),
    ],
)
def test_actions_are_read(text: str, do: Do, to: str | None) -> None:
    action = grammar.action(text)
    assert (action.do, action.to) == (do, to)


@pytest.mark.parametrize(
    "text, at",
    [("5 m x", 4), ("1h 30 parsec", 3), ("h", 0), ("5m, 3s", 2), ("5m 3", 3), ("", 0), ("5m/s", 3), ("-1s", 0)],
)
def test_a_duration_that_cannot_be_read_says_at_which_character(text: str, at: int) -> None:
    with pytest.raises(GrammarError) as refused:
        units.duration(text)
    assert refused.value.at == at


@pytest.mark.parametrize(
    "text, at",
    [
        ("p95 > 5%", 6),
        ("p95 >", 5),
        ("p95", 3),
        ("p95 => 5s", 4),
        ("p95 > 5s for", 12),
        ("p95 > 5s for 5%", 13),
        ("p95 > 5s and p99 > 5s", 9),
        ("p95 > 5 x baseline until", 19),
        ("> 5s", 0),
    ],
)
def test_a_condition_that_cannot_be_read_says_at_which_character(text: str, at: int) -> None:
    with pytest.raises(GrammarError) as refused:
        units.condition(grammar.claim(text), Unit.SECONDS, text)
    assert refused.value.at == at


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text: str) -> None:
    for read in (units.duration, units.size, units.share, units.look, grammar.claim, grammar.action):
        try:
            read(text)
        except GrammarError as refused:
            assert 0 <= refused.at <= len(text)
            assert refused.what and refused.hint
