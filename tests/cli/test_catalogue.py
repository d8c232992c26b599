"""`flight catalogue`: the sections, and one of them with all that a plan has to know of it."""

import json

from typer.testing import CliRunner

from flightrules.cli.main import app
from flightrules.plan_file import catalogue


def flight(*words: str) -> str:
    result = CliRunner().invoke(app, ["catalogue", *words])
    assert result.exit_code == 0
    return result.stdout


def test_every_section_is_listed_with_what_it_is_about() -> None:
    lines = flight().splitlines()
    assert lines[0] == "accessibility        7 checks  Everybody can use it (WCAG 2.2)"
    assert [line.split()[0] for line in lines[:-2]] == list(catalogue.names())
    assert lines[-1].endswith(" checks. One section: flight catalogue accessibility")


def test_a_section_has_its_parameters_and_of_each_check_how_and_why_it_is_asked() -> None:
    shown = flight("performance")
    assert shown.startswith(
        "performance: How quick it is, for users and under load\n"
        "\n"
        "Parameters (with):\n"
        "  page: the page that most people see first\n"
        "      if not said: /\n"
        "  load_test: the command of the load test\n"
        "      required, such as k6 run load.js\n"
    )
    assert (
        "\nfirst-page\n"
        "  The first page is quick and steady\n"
        "  Half of the people leave a page that takes three seconds.\n"
        "      browser: {{page}}\n"
        "      expect: [LCP < 2.5s, FCP < 1.5s, CLS < 0.1]\n"
    ) in shown


def test_as_json_it_is_one_object() -> None:
    told = json.loads(flight("--json"))
    assert [one["section"] for one in told["sections"]] == list(catalogue.names())
    told = json.loads(flight("cost", "--json"))
    assert told["with"]["budget"]["required"] and told["with"]["role"]["default"] == "finance"
    assert told["checks"]["in-budget"]["expect"] == "monthly <= {{budget}}"
    assert (told["section"], told["exit_status"]) == ("cost", 0)


def test_a_section_that_is_not_there_is_said_with_the_nearest() -> None:
    result = CliRunner().invoke(app, ["catalogue", "postgre"])
    assert (result.exit_code, result.stderr) == (
        2, "the catalogue has no section `postgre`\n    did you mean `postgres`?\n"
    )  # fmt: skip
