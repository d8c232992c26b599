"""Everything that a user can write or type is documented, in the place where they would look for it."""

import pytest

from tests.docs import product
from tests.docs.pages import DOCS, section

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


@pytest.mark.parametrize("folder, kind, options", [pytest.param(*one, id="/".join(one[:2])) for one in ADAPTERS])
def test_every_adapter_has_a_page_that_names_each_of_its_options(folder: str, kind: str, options: list[str]) -> None:
    said = (DOCS / "reference" / folder / f"{kind}.md").read_text()
    assert not [name for name in options if f"`{name}`" not in said and f"{name}:" not in said]
