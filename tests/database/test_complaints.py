"""Which line of a failed tool's output a person is shown first."""

import pytest

from flightrules.databases._complaints import complaint

ALEMBIC = """\
Traceback (most recent call last):
  File "/venv/lib/alembic/__main__.py", line 3, in <module>
    main(prog="alembic")
psycopg.errors.UniqueViolation: could not create unique index "orders_reference"
DETAIL:  Key (reference)=(A-17) is duplicated.

The above exception was the direct cause of the following exception:

sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) could not create unique index "orders_reference"
DETAIL:  Key (reference)=(A-17) is duplicated.
[SQL: CREATE UNIQUE INDEX orders_reference ON orders (reference)]
(Background on this error at: https://sqlalche.me/e/21/gkpj)
"""
PRISMA = """\
Applying migration `20260101_users`
Error: P3018

A migration failed to apply. New migrations cannot be applied before the error is recovered from.
}
"""


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (
            ALEMBIC,
            'sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) could not create unique index '
            '"orders_reference"',
        ),
        (PRISMA, "Error: P3018"),
        ("psql: error: connection refused\n", "psql: error: connection refused"),
        ("ERROR:  canceling statement due to lock timeout\nHINT:  try later\n",
         "ERROR:  canceling statement due to lock timeout"),
        ("0 errors in the schema\nthe file is not there\n}\n", "the file is not there"),
        ("[SQL: select 1]\n", "[SQL: select 1]"),
        ("\n}\n", "it said nothing"),
        ("", "it said nothing"),
    ],
)  # fmt: skip
def test_the_line_that_names_the_error_is_shown(printed: str, shown: str) -> None:
    assert complaint(printed.splitlines()) == shown
