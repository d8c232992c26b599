"""Whatever stands in a file: it becomes a plan, or problems with places. Nothing else ever comes out."""

import re
from pathlib import Path

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flightrules.plan_file import PlanProblems, load
from tests.plan_file.plans import SMALL, read
from tests.plan_file.test_good_plans import WHOLE

WORDS = st.sampled_from(sorted(set(re.findall(r"[A-Za-z_0-9.%/<>=]+", WHOLE))))
LEAVES = WORDS | st.text(max_size=12) | st.integers() | st.floats() | st.booleans() | st.none()
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=25
)
LINES = WHOLE.splitlines(keepends=True)


def plan_or_problems(text: str) -> None:
    try:
        read(text)
    except PlanProblems as refused:
        assert refused.problems
        lines = text.count("\n") + text.count("\r") + 2
        for problem in refused.problems:
            assert problem.what
            assert 1 <= problem.line <= lines + text.count("\x85") + text.count("\u2028") + text.count("\u2029")
            assert problem.column >= 1


@given(st.text())
@example("? ")
@example("%YAML 9.9\n---\na")
@example("a: &b !!map {}\nc: *b")
def test_any_text_becomes_a_plan_or_problems(text: str) -> None:
    plan_or_problems(text)


@given(TREES)
def test_any_yaml_becomes_a_plan_or_problems(tree: object) -> None:
    plan_or_problems(yaml.safe_dump(tree, allow_unicode=True))


@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.text(max_size=6))
def test_a_plan_with_a_hole_in_it_becomes_a_plan_or_problems(at: int, gone: int, instead: str) -> None:
    plan_or_problems(WHOLE[:at] + instead + WHOLE[at + gone :])


@given(st.permutations(range(len(LINES))), st.integers(1, len(LINES)))
def test_a_plan_with_its_lines_mixed_up_becomes_a_plan_or_problems(order: list[int], kept: int) -> None:
    plan_or_problems("".join(LINES[index] for index in order[:kept]))


@settings(deadline=None)  # how long it takes is no matter of correctness
@given(st.data())
def test_a_plan_with_other_values_becomes_a_plan_or_problems(data: st.DataObject) -> None:
    tree = yaml.safe_load(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        _replace(tree, data)
    plan_or_problems(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


def _replace(tree: object, data: st.DataObject) -> None:
    while isinstance(tree, dict | list) and tree:
        key = data.draw(st.sampled_from(sorted(tree) if isinstance(tree, dict) else range(len(tree))))
        inner = tree[key]  # type: ignore[index]
        if not isinstance(inner, dict | list) or data.draw(st.booleans()):
            tree[key] = data.draw(TREES)  # type: ignore[index]
            return
        tree = inner


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_become_a_plan_or_problems(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "flight.yaml"
    file.write_bytes(content)
    try:
        load(file, {})
    except PlanProblems as refused:
        assert refused.problems


def test_a_plan_that_is_cut_off_anywhere_becomes_a_plan_or_problems() -> None:
    for end in range(0, len(SMALL), 7):
        plan_or_problems(SMALL[:end])
