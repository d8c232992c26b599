"""Every key of a database of the plan, and what each means."""

from __future__ import annotations

from flightrules.adapters import DATABASES
from flightrules.plan_file.shapes import AdapterOf, Form, Key, ListOf, MapOf, OneOrMany, Section

DATA_CHECK = Section(
    "a check of the data",
    (
        Key("check", Form.TEXT, "What must be true, in words", required=True),
        Key("no_rows", Form.TEXT, "A query (SQL) that returns no row while it is true", required=True),
        Key("as_role", Form.NAME, "The role of the database as which it is asked: a test of row-level security"),
    ),
)

WAYS_BACK = Section(
    "what a way back does with the database",
    tuple(
        Key(each, Form.WAY, f"What it does after a migration that is {each}")
        for each in ("expand-only", "reversible", "unknown", "destructive")
    ),
)

DATABASE = AdapterOf(
    DATABASES,
    "kind",
    (
        Key("service", Form.NAME, "Whose versions bring the migrations; needed where the plan has several services"),
        Key(
            "allow",
            OneOrMany(Form.MIGRATION_CLASS),
            "Migrations that go by themselves, the others wait for `flight approve`; expand-only and reversible ones "
            "if nothing is said",
        ),
        Key("back", WAYS_BACK, "What a way back does with the database, by the class of the migration"),
        Key(
            "ask",
            Form.NAME,
            "The role that approves what does not go by itself, and every restore; anybody if nothing is said",
        ),
        Key("rehearse", Form.NAME, "`copy`: the migration and its undo run on a restored copy first"),
        Key(
            "checks",
            ListOf(DATA_CHECK),
            "What must be true of the data before and after a migration, and after a way back",
        ),
        Key(
            "rows",
            Form.ROWS,
            "`may not fall`: a migration that leaves a table with fewer rows than its backup has failed; `may fall` if "
            "nothing is said: then such tables are named",
        ),
        Key(
            "export",
            MapOf(Form.NAME),
            "By table, the column (a key, or a moment) by which rows written since the backup are told and exported",
        ),
    ),
)
