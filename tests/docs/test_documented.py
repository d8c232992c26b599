"""Everything that a user can write or type is documented, in the place where they would look for it."""

import re
from pathlib import Path

import pytest

from tests.docs import product
from tests.docs.pages import DOCS, ROOT, links, section

PLAN = DOCS / "reference" / "plan.md"
COMMANDS = DOCS / "reference" / "commands.md"
ADAPTERS = list(product.adapter_options())


def test_every_command_has_a_section_that_names_each_of_its_options() -> None:
    missing = []
    for words, command in product.commands().items():
        said = section(COMMANDS, f"`flight {words}`") or section(COMMANDS, f"flight {words}")
        missing += [f"flight {words}"] if not said else []
        missing += [f"flight {words} {option}" for option in sorted(product.options(command)) if option not in said]
    assert not missing, f"write them into {COMMANDS.name}"


def test_every_key_of_the_plan_is_documented() -> None:
    said = PLAN.read_text()
    assert not [key for key in sorted(product.plan_keys()) if f"`{key}`" not in said and f"{key}:" not in said]


def test_every_variable_that_the_program_reads_is_documented() -> None:
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    said = (DOCS / "reference" / "environment.md").read_text()
    assert [name for name in sorted(set(re.findall(r"\bFLIGHT_[A-Z]+\b", code))) if f"`{name}`" not in said] == []


def test_every_page_is_reached_from_the_readme() -> None:
    leading: dict[Path, set[Path]] = {}
    for page, link in links():
        leading.setdefault(page, set()).add((page.parent / link).resolve())
    reached, new = set[Path](), {ROOT / "README.md"}
    while new:
        reached |= new
        new = {target for page in new for target in leading.get(page, ())} - reached
    assert [str(page.relative_to(ROOT)) for page in sorted(DOCS.rglob("*.md")) if page not in reached] == []


@pytest.mark.parametrize("folder, kind, options", [pytest.param(*one, id="/".join(one[:2])) for one in ADAPTERS])
def test_every_adapter_has_a_page_that_names_each_of_its_options(folder: str, kind: str, options: list[str]) -> None:
    shared = DOCS / "reference" / f"{folder}.md"  # what every kind of the family has
    said = (DOCS / "reference" / folder / f"{kind}.md").read_text() + (shared.read_text() if shared.exists() else "")
    assert not [name for name in options if f"`{name}`" not in said and f"{name}:" not in said]
