"""What `comprehensive` stands for in a verification, and what is asked after a way back where nothing is said."""

from pathlib import Path

import pytest

from flightrules.domain.checks import Check
from tests.plan_file.plans import SMALL, complaints, read

GATES = """\
gates:
  code:
    - {check: Unit tests pass, run: make test}
    - {check: The certificate is good, tls: shop.example.org}
    - {check: Orders can be listed, http: GET /api/orders}
    - {check: The policy is there, evidence: policy.txt}
"""
DATABASE = "databases: {main: {kind: sqlite, path: shop.db}}\n"


def words(checks: tuple[Check, ...]) -> list[tuple[str, str, bool]]:
    return [(check.kind, check.name, check.mandatory) for check in checks]


EVERYTHING = [
    ("http", "web is healthy", True),
    ("tls", "The certificate is good", True),
    ("http", "Orders can be listed", True),
    ("database", "Database main answers and is sound", True),
    ("browser", "The first page of web loads", False),
]


def test_it_stands_for_everything_that_is_known_to_be_asked() -> None:
    plan = read(SMALL + GATES + DATABASE + "verify: comprehensive\n")
    assert words(plan.verify) == EVERYTHING
    assert plan.verify[0].options.http == "GET /health" and plan.verify[0].service == "web"
    assert [each.text for each in plan.verify[0].expects] == ["status = 200"]


def test_what_the_list_has_itself_is_asked_once_and_as_it_says() -> None:
    verify = """\
verify:
  - {check: web is healthy, http: GET /health, expect: time < 100ms}
  - comprehensive
  - {check: The orders, http: GET /api/orders}
"""
    plan = read(SMALL + GATES + DATABASE + verify)
    assert [name for _, name, _ in words(plan.verify)] == [
        "web is healthy", "The orders", "The certificate is good", "Database main answers and is sound",
        "The first page of web loads",
    ]  # fmt: skip
    assert plan.verify[0].expects[0].text == "time < 100ms"


def test_a_plan_says_that_a_service_has_no_page() -> None:
    without = "{check: The first page of web loads, browser: /, not_applicable: it has no pages}"
    plan = read(SMALL + f"verify: [comprehensive, {without}]\n")
    assert [(check.name, check.not_applicable) for check in plan.verify] == [
        ("The first page of web loads", "it has no pages"), ("web is healthy", ""),
    ]  # fmt: skip
    assert [check.not_applicable for check in plan.verify_back] == ["it has no pages", ""]


def test_after_a_way_back_what_looks_at_what_serves_is_asked_again() -> None:
    verify = """\
verify:
  - {check: Smoke, run: ./smoke}
  - {check: Orders, http: GET /api/orders}
  - {check: The policy, evidence: policy.txt}
  - {check: Variables, env: {HOME: {}}}
"""
    plan = read(SMALL + verify)
    assert [check.name for check in plan.verify_back] == ["Smoke", "Orders"]
    assert plan.monitored == 0


def test_a_plan_can_say_what_is_asked_and_watched_after_a_way_back() -> None:
    back = "rollback: {within: 5m, verify: [comprehensive, {check: Smoke, run: ./smoke}], monitor: 15m}\n"
    plan = read(SMALL + back + "verify: [{check: New orders, http: GET /api/v2/orders}]\n")
    assert [check.name for check in plan.verify_back] == ["Smoke", "web is healthy", "The first page of web loads"]
    assert (plan.rollback_within, plan.monitored) == (300.0, 900.0)


def test_in_a_gate_it_is_no_check() -> None:
    assert complaints(SMALL + "gates: {code: [comprehensive]}\n").startswith(
        "flight.yaml:10:16: a check is a mapping, not"
    )


@pytest.mark.parametrize("name, said", [
    ("mian", "the plan has no database `mian`\n    did you mean `main`?"),
])  # fmt: skip
def test_a_database_that_the_plan_does_not_have_is_refused(name: str, said: str, tmp_path: Path) -> None:
    text = SMALL + DATABASE + f"verify: [{{check: A, database: {name}}}]\n"
    assert complaints(text) == f"flight.yaml:11:31: {said}"
