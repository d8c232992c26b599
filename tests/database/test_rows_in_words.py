"""Numbers of rows are written the same wherever people read them; what a migration tool wrote is no row of users."""

from flightrules.domain.fingerprints import Fingerprint, TableContent, TableGrowth, differences
from flightrules.phases import row_counts
from flightrules.recovery import written
from flightrules.recovery.written import Written
from flightrules.report import database_phrases
from flightrules.views import database_words

MANY = 1_234_567
TOOL = Written("public.alembic_version", 1, 0, 1)


def test_what_was_written_is_told_without_what_the_tool_wrote_and_that_is_named() -> None:
    tables = written.to_record([Written("orders", MANY, 1234, 0), TOOL])
    assert written.in_words(tables) == (
        "orders: 1,234,567 added, 1,234 changed (not counted: public.alembic_version, where the migration tool keeps "
        "its revision)"
    )


def test_where_only_the_tool_wrote_users_wrote_nothing() -> None:
    assert written.in_words(written.to_record([TOOL])).startswith("nothing (not counted: public.alembic_version, ")
    assert written.in_words([]) == "nothing"


def test_where_rows_cannot_be_told_apart_their_number_is_written_the_same() -> None:
    (one,) = written.to_record([Written("orders", MANY, exact=False)])
    assert written.in_words([one]) == "orders: +1,234,567 rows, perhaps others changed"


def test_rows_that_fell_or_differ_are_written_the_same() -> None:
    assert row_counts.in_words([TableGrowth("orders", MANY, 1234, True)]) == "orders 1,234 of 1,234,567"
    before, now = (Fingerprint("s", {"orders": TableContent(rows, "")}) for rows in (MANY, 1234))
    assert differences(before, now) == ("table orders has 1,234 rows, not 1,234,567",)


def test_the_rows_of_a_backup_are_written_the_same_while_it_happens_and_in_the_report() -> None:
    taken = {"database": "main", "backup": "B", "bytes": 8192, "rows": MANY}
    assert database_words.SAY["backup.taken"](taken)[0].endswith("8 KiB, 1,234,567 rows")
    assert database_phrases.backup(taken) == "B: 8 KiB, 1,234,567 rows"
