"""The JSON Schema: it takes what the reader takes, and stops most of what the reader stops."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from flightrules.plan_file.schema import json_schema
from tests.plan_file.plans import SMALL
from tests.plan_file.test_good_plans import WHOLE

BAD = Path(__file__).parent / "bad"
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("flight.yaml"))

BEYOND_A_SCHEMA = {
    # what only the whole plan says: which names there are, what adds up
    "share-falls", "share-end-below-100", "duplicate-stage", "step-back-to-a-later-stage", "step-back-to-nowhere",
    "severity-that-nobody-agreed-on",
    "rule-step-back-to-nowhere", "look-after-the-hold", "look-ends-before-the-hold", "look-part-that-never-comes",
    "look-shorter-than-its-interval", "metric-the-router-does-not-have", "metric-of-traffic-from-elsewhere",
    "metric-windows-differ", "metric-with-other-unit", "metric-of-the-target-unknown", "check-twice",
    "check-of-which-service", "check-expects-the-impossible", "check-that-does-nothing", "check-runs-and-asks",
    "rule-twice", "pass-with-for", "check-of-a-certificate", "check-of-evidence", "check-of-a-metric",
    "metric-said-by-nobody-or-off-its-scale",
    "option-that-the-adapter-refuses", "option-combination", "database-that-nothing-migrates",
    "metric-of-a-database-that-is-not-there", "sign-offs-without-a-watch", "watch-reported-too-late",
    # what the words of a condition mean
    "condition-percent-for-a-time", "condition-time-for-a-percentage", "condition-number-for-a-rate",
    "condition-size-for-a-time", "condition-without-unit", "condition-over-100", "condition-unknown-metric",
    "condition-metric-nobody-knows", "condition-with-and", "condition-baseline-misspelt",
    "condition-baseline-of-nothing", "condition-for-nothing", "condition-for-without-unit", "condition-in-quotes",
    "condition-grows-without-percent", "condition-grows-without-time", "condition-grows-below",
    "condition-grows-per-nothing", "condition-grows-per-unknown", "condition-folded",
    # quantities that are well written and mean nothing
    "hold-of-nothing", "hold-too-long", "share-of-nothing", "look-every-nothing", "rollback-within-nothing",
    "fail-that-only-warns", "stages-hold", "metric-window-wrong",
    "compare-false-alarm-certain", "compare-false-alarm-never", "compare-tolerance-too-large",
    "compare-limit-of-everything", "compare-underpowered-extended-by-nothing", "compare-baseline-of-nothing",
    # what is in the environment, or in YAML itself
    "variable-not-set", "variable-not-set-in-folded-text", "variable-with-other-case", "variable-empty",
    "variable-without-name", "variable-in-a-command", "variable-of-wrong-type", "variable-that-the-adapter-refuses",
    "duplicate-key", "duplicate-service", "duplicate-metric",
}  # fmt: skip


class AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2: `12:00` is a text in it and not 720, `off` is one and not false."""


AsEditorsRead.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag.rpartition(":")[2] not in ("int", "bool")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
AsEditorsRead.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), [*"-+0123456789"])
AsEditorsRead.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), [*"tf"])


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def said(validator: Draft202012Validator, document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("text", [SMALL, WHOLE], ids=["small", "whole"])
def test_good_plans_are_good_to_the_schema(validator: Draft202012Validator, text: str) -> None:
    assert said(validator, yaml.safe_load(text)) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_are_good_to_the_schema(validator: Draft202012Validator, path: Path) -> None:
    assert said(validator, yaml.load(path.read_text(), AsEditorsRead)) == []


def bad_documents() -> list[str]:
    names = []
    for path in sorted(BAD.glob("*.yaml")):
        try:
            document = yaml.safe_load(path.read_text())
        except yaml.YAMLError:
            continue
        if document is not None and path.stem not in BEYOND_A_SCHEMA:
            names.append(path.stem)
    return names


@pytest.mark.parametrize("name", bad_documents())
def test_a_bad_plan_is_bad_to_the_schema_too(validator: Draft202012Validator, name: str) -> None:
    assert said(validator, yaml.safe_load((BAD / f"{name}.yaml").read_text()))


def test_a_typo_in_an_option_is_told_apart_from_the_options_of_other_kinds(validator: Draft202012Validator) -> None:
    document = yaml.safe_load(SMALL.replace("start: ./serve", "strat: ./serve"))
    assert said(validator, document) == [
        "$.services.web.target: Additional properties are not allowed ('strat' was unexpected)",
        "$.services.web.target: 'start' is a required property",
    ]


def test_every_key_of_the_plan_is_described_for_the_editor() -> None:
    for name, key in json_schema()["properties"].items():
        assert key["description"], name
