"""The reference says what the vocabulary knows, and the limits that it names are the real ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.checks import http, run
from flightrules.domain.plan import Plan, Window
from flightrules.plan_file import nodes, source
from flightrules.plan_file.shapes import AdapterOf, CheckOf, Key, ListOf, MapOf, Section, TextOr
from flightrules.plan_file.units import SIZE_WORDS, TIME_WORDS
from flightrules.plan_file.vocabulary import PLAN

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "plan.md").read_text()


def keys(section: Section) -> Iterator[Key]:
    for key in section.keys:
        yield key
        inner = key.shape
        while isinstance(inner, ListOf | MapOf):
            inner = inner.of
        inner = inner.more if isinstance(inner, TextOr) else inner
        if isinstance(inner, Section):
            yield from keys(inner)
        elif isinstance(inner, CheckOf):
            yield from keys(Section("a check", inner.own))
        elif isinstance(inner, AdapterOf):
            yield from inner.own
            for special in inner.instead.values():
                yield from keys(special)


@pytest.mark.parametrize("key", sorted({key.name for key in keys(PLAN) if not key.later}))
def test_every_key_has_a_row(key: str) -> None:
    assert f"| `{key}` |" in PAGE


@pytest.mark.parametrize("key", sorted({key.name for key in keys(PLAN) if key.later}))
def test_every_key_of_later_is_named_as_such(key: str) -> None:
    later = PAGE.split("## Not supported yet")[1]
    assert f"`{key}`" in later or f".{key}`" in later


def test_the_defaults_are_the_real_ones() -> None:
    assert (Plan.rollback_within, Plan.shutdown_retry_after) == (15 * 60, 2 * 60)
    assert f"| {Plan.shutdown_page} |" in PAGE
    assert Window() == Window(over=10.0, enough=20)
    assert (run.WITHIN, http.WITHIN) == (600.0, 10.0)
    assert (source.LARGEST, nodes.DEEPEST) == (1_000_000, 50)


def test_every_unit_is_named() -> None:
    values = PAGE.split("## Values")[1].split("### Conditions")[0]
    assert [word for word in (*TIME_WORDS, *SIZE_WORDS) if word.rstrip("s") not in values and word != "KB"] == []
