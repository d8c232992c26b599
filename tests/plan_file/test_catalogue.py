"""The catalogue: every ready check can be carried out and says why, and what a plan has different is different."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from flightrules.domain.plan import Plan
from flightrules.plan_file import PlanProblems, catalogue, load, load_text
from flightrules.plan_file.catalogue import Parameter
from flightrules.plan_file.nodes import Items, Node, Scalar
from flightrules.plan_file.schema import json_schema
from tests.plan_file.plans import SERVICES, STAGES

FROM_GIT = SERVICES.replace("{from: argument}", "{from: git}")
ENVIRONMENT = {"DATABASE_URL": "postgresql:///shop"}


def plan_with(*lines: str) -> str:
    checks = "\n".join(f"    {line}" for line in lines)
    services = SERVICES.replace("from: argument", "from: git")  # some ask about the commit
    return f"{services}gates:\n  ready:\n{checks}\n{STAGES}"


def loaded(*lines: str) -> Plan:
    return load_text(plan_with(*lines), "flight.yaml", Path("/nowhere"), ENVIRONMENT)


def refusal(*lines: str) -> str:
    with pytest.raises(PlanProblems) as refused:
        loaded(*lines)
    return str(refused.value)


def written(node: Node) -> str:
    if isinstance(node, Scalar):
        return f"'{node.text}'"
    assert isinstance(node, Items)
    return f"[{', '.join(map(written, node.nodes))}]"


def told(parameters: dict[str, Parameter]) -> str:
    return ", ".join(f"{name}: {written(each.example)}" for name, each in parameters.items())


def test_there_are_enough_of_them_and_each_has_words_of_its_own() -> None:
    words = [ready.words for name in catalogue.names() for ready in catalogue.chapter(name).checks.values()]
    assert len(words) >= 120 and len(set(words)) == len(words)


@pytest.mark.parametrize("name", catalogue.names())
def test_every_check_of_a_section_can_be_carried_out(name: str) -> None:
    chapter = catalogue.chapter(name)
    uses = [f"- use: {name}", f"  with: {{{told(dict(chapter.parameters))}}}"]
    checks = {check.name for check in loaded(*uses).gates["ready"]}
    assert checks == {ready.words for ready in chapter.checks.values()}


@pytest.mark.parametrize("name", catalogue.names())
def test_every_parameter_is_used_and_every_check_says_why(name: str) -> None:
    chapter = catalogue.chapter(name)
    mentioned = {one for ready in chapter.checks.values() for one in ready.parameters}
    assert mentioned == set(chapter.parameters)
    assert all(ready.why.endswith(".") and not ready.words.endswith(".") for ready in chapter.checks.values())


def test_several_sections_stand_beside_checks_of_the_plan() -> None:
    uses = [
        "- {check: Our own, run: make ours}",
        "- use: [python, docs]",
        "  with: {tests: make test, source: src, runbook: runbook.md, build: make docs, role: writers}",
        "- {check: Another, run: make another}",
    ]
    checks = loaded(*uses).gates["ready"]
    assert (checks[0].name, checks[-1].name, len(checks)) == ("Our own", "Another", 2 + 8 + 7)
    tests = next(check for check in checks if check.name == "The tests of Python pass")
    assert (tests.options.run, tests.within) == ("make test", 1200)


def test_what_is_different_here_is_told_by_the_name_of_the_check() -> None:
    uses = [
        "- use: python",
        "  but:",
        "    tests: {run: make test, within: 2h}",
        "    types: {mandatory: true}",
        "    holes: {not_applicable: nothing is installed}",
        "    version: {http: /version, expect: major = 3}",
        "    pinned: {waived: {by: Ann, until: 2026-12-31, why: two are left}}",
    ]
    checks = {check.name: check for check in loaded(*uses).gates["ready"]}
    tests = checks["The tests of Python pass"]
    assert (tests.options.run, tests.within) == ("make test", 7200)
    assert checks["The types of Python fit"].mandatory
    assert checks["No package of Python has a known hole"].not_applicable == "nothing is installed"
    version = checks["Python is one that is still supported"]
    assert (version.kind, version.expects[0].text) == ("http", "major = 3")
    waiver = checks["Every requirement has an exact version"].waiver
    assert waiver and waiver.owner == "Ann"


def test_what_is_not_applicable_needs_no_parameter() -> None:
    every = [f"    {name}: {{not_applicable: no web}}" for name in catalogue.chapter("web-service").checks]
    assert len(loaded("- use: web-service", "  but:", *every).gates["ready"]) == 10


def test_what_nobody_signs_needs_nobody_in_the_team(tmp_path: Path) -> None:
    text = plan_with(
        "- {use: postgres, with: {database: dbname=shop}, but: {row-security: {not_applicable: one customer}}}"
    )
    (tmp_path / "flight.yaml").write_text(text)
    assert load(tmp_path / "flight.yaml", ENVIRONMENT)
    (tmp_path / "flight.yaml").write_text(
        text.replace("row-security: {not_applicable: one customer}", "answers: {within: 5s}")
    )
    with pytest.raises(
        PlanProblems, match=r"nobody can answer as `database`.*\(check `row-security` of the catalogue\)"
    ):
        load(tmp_path / "flight.yaml", ENVIRONMENT)


def test_a_parameter_is_a_list_where_one_is_taken_and_a_name_where_it_is_one() -> None:
    given = "  with: {variables: [A, B], secret: KEY, staging: 'https://s.example/', host: s.example}"
    checks = {check.name: check for check in loaded("- use: environment", given).gates["ready"]}
    assert checks["All variables are set"].options.env == ("A", "B")
    assert list(checks["The key that signs sessions is long and no example"].options.env) == ["KEY"]


def test_a_variable_in_a_parameter_is_filled_in_like_everywhere() -> None:
    checks = loaded("- {use: postgres, with: {database: '${DATABASE_URL}'}}").gates["ready"]
    assert checks[0].environment == ENVIRONMENT and "postgresql" not in checks[0].options.run


def test_a_missing_parameter_is_asked_for_at_the_place_of_the_section() -> None:
    complaint = refusal("- use: [python, accessibility]").splitlines()
    assert complaint == [
        "flight.yaml:9:21: `accessibility` needs the parameter `audit`: the command that prints the violations as JSON "
        "with the fields serious and critical",
        "    write `with: {audit: npm run --silent test:a11y -- --json}` beside `use`",
    ]


def test_loading_reads_no_section_that_is_not_used() -> None:
    catalogue.chapter.cache_clear()
    loaded("- {use: python}")
    assert catalogue.chapter.cache_info().currsize == 1


def test_a_plan_that_uses_the_catalogue_is_good_to_the_schema() -> None:
    import yaml

    uses = ["- use: [python, node]", "  with: {tests: make test}", "  but: {types: {mandatory: true}}"]
    document = yaml.safe_load(plan_with(*uses))
    assert not list(Draft202012Validator(json_schema()).iter_errors(document))
    document["gates"]["ready"][0]["but"]["types"] = {"mandatry": True}
    assert list(Draft202012Validator(json_schema()).iter_errors(document))
