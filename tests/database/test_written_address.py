"""A password in an address has its special characters encoded, or nothing is done with that address."""

from pathlib import Path

import pytest

from flightrules.databases._postgres.server import Server
from flightrules.databases._postgres.written_address import is_misread
from flightrules.domain.errors import DatabaseUnusable
from flightrules.plan_file import PlanProblems, load
from flightrules.ports.options import Secret
from tests.plan_file.plans import SMALL

MISREAD = [
    "postgresql://shop:pass word@db.example/shop",
    "postgresql://shop:pass@word@db.example/shop",
    "postgresql://shop:pass/word@db.example/shop",
    "postgresql://shop:12/word@db.example/shop",
    "postgresql://shop:pass#word@db.example/shop",
    "postgresql://shop:pass?word@db.example/shop",
    "postgresql://shop:pass@wo/rd@db.example/shop",
    "postgresql://shop:pass%word@db.example:5432/shop",
    "postgresql://shop@example.com:pass@db.example/shop",
]
READ = [
    "postgresql://shop:pass%40word@db.example/shop",
    "postgresql://shop:pass:word!$&*+=~[@db.example:5432/shop",
    "postgresql://shop@db.example/shop?options=-c%20a&application_name=a@b",
    "postgresql://db.example:5432/shop?user=a@b",
    "postgresql://db.example:5432?user=a@b",
    "postgresql://db.example?user=a@b",
    "postgresql:///shop?host=/run/postgresql",
    "postgresql://[::1]:5432/shop",
    "host=db.example user=shop password='p@ss word/#'",
]


@pytest.mark.parametrize("address", MISREAD)
def test_an_address_that_a_password_cuts_short_is_found(address: str) -> None:
    assert is_misread(address)


@pytest.mark.parametrize("address", READ)
def test_an_address_that_is_read_as_it_is_meant_is_left_alone(address: str) -> None:
    assert not is_misread(address)


@pytest.mark.parametrize("address", MISREAD)
def test_nothing_is_done_with_it_and_no_part_of_the_password_is_shown(address: str) -> None:
    with pytest.raises(DatabaseUnusable) as refused:
        Server("main", Secret(address)).address()
    assert refused.value.what == (
        "the `url` of database main cannot be read as it is meant: a character of its user or password means something "
        "else in an address"
    )
    assert refused.value.do.startswith("Percent-encode it: %20 for a space, %40 for @, %2F for /,")
    assert not any(part in f"{refused.value.what} {refused.value.do}" for part in ("pass@", "word@", "pass/", "db.ex"))


def test_it_is_refused_where_the_plan_is_read(tmp_path: Path) -> None:
    plan = tmp_path / "flight.yaml"
    plan.write_text(f"{SMALL}databases:\n  main:\n    kind: postgres\n    url: ${{DATABASE_URL}}\n")
    with pytest.raises(PlanProblems) as refused:
        load(plan, {"DATABASE_URL": "postgresql://shop:secret/word@db.example/shop"})
    (problem,) = refused.value.problems
    assert problem.what == (
        "`url` cannot be carried out: a character of its user or password means something else in an address"
    )
    assert problem.hint.startswith("percent-encode it: %20 for a space, ")
    assert plan.read_text().splitlines()[problem.line - 1][problem.column - 1 :] == "${DATABASE_URL}"
    assert "secret" not in str(refused.value) and "word@" not in str(refused.value)
