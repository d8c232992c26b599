"""The examples on the pages of checks are what a plan may hold: the reader takes them, and so does the schema."""

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from flightrules.plan_file import load_text
from flightrules.plan_file.schema import json_schema
from tests.docs.pages import DOCS, Block, blocks_on
from tests.plan_file.plans import SERVICES, STAGES

PAGES = (DOCS / "reference" / "checks.md", *sorted((DOCS / "reference" / "checks").glob("*.md")))
EXAMPLES = [block for page in PAGES for block in blocks_on(page) if block.kind == "yaml"]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_is_taken(block: Block, tmp_path: Path) -> None:
    whole = SERVICES.replace("from: argument", "from: git") + block.text + STAGES
    load_text(whole, "flight.yaml", tmp_path, dict.fromkeys(re.findall(r"\$\{(\w+)\}", whole), "a value"))
    errors = Draft202012Validator(json_schema()).iter_errors(yaml.safe_load(whole))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []
