"""What the documentation shows works: plans load, commands exist with their options, links lead somewhere."""

import re
import shlex

import pytest

from flightrules.plan_file import load_text
from tests.docs import product
from tests.docs.pages import ROOT, Block, blocks, commands, links

PLANS = [block for block in blocks("yaml") if block.text.startswith("plan:")]


@pytest.mark.parametrize("block", PLANS, ids=str)
def test_a_whole_plan_on_a_page_loads(block: Block) -> None:
    load_text(block.text, str(block), ROOT, {})


def test_commands_on_pages_exist_and_have_the_options_that_are_shown() -> None:
    known = product.commands()
    wrong = []
    for where, line in commands():
        words = shlex.split(line)
        if words[0] != "flight" or words[1:] in (["--help"], ["--version"]):
            continue
        name = next((name for name in known if words[1 : 1 + len(name.split())] == name.split()), None)
        if name is None:
            wrong.append(f"{where}: {line}: there is no such command")
            continue
        given = {word.split("=")[0] for word in words if word.startswith("--")}
        wrong += [f"{where}: {option}" for option in given - product.options(known[name]) - {"--help"}]
    assert not wrong


def test_goals_of_make_on_pages_exist() -> None:
    goals = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {(where, line.split()[1]) for where, line in commands() if re.fullmatch(r"make [a-z-]+.*", line)}
    assert not {(where, goal) for where, goal in asked if goal not in goals}


def test_links_between_pages_lead_somewhere() -> None:
    broken = [f"{page.relative_to(ROOT)}: {link}" for page, link in links() if not (page.parent / link).exists()]
    assert not broken


def test_the_example_of_the_readme_is_the_plan_of_the_example_shop() -> None:
    shown = [block.text for block in PLANS if block.page.name == "README.md" and block.page.parent == ROOT]
    assert shown == [(ROOT / "examples/shop/flight.yaml").read_text()]
