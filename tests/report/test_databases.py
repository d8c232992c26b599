"""What the report says of a database: what was migrated, what there was to go back to, what went back and how long."""

from pathlib import Path
from typing import Any

from flightrules.plan_file import load
from flightrules.report.gathering import gather
from flightrules.report.html import to_html
from flightrules.report.markdown import to_markdown
from tests.report.a_release import HAPPENED, RELEASE_ROW, entries

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop" / "flight.yaml"
INDEX = "CREATE UNIQUE INDEX orders_reference\n  ON orders (reference)"
Happened = tuple[float, str, str, dict[str, Any]]


def backup(at: float, name: str, rows: int, **more: Any) -> Happened:
    return (at, "backup.taken", "flight", {"database": "orders", "backup": name, "bytes": 49152, "rows": rows, **more})


def step(at: float, name: str, seconds: float, kind: str = "step.ended") -> Happened:
    return (at, kind, "flight", {"step": f"database/orders/{name}", "seconds": seconds, "result": None})


def of_orders(at: float, kind: str, **data: Any) -> Happened:
    return (at, kind, "flight", {"database": "orders", **data})


FORWARD: list[Happened] = [
    of_orders(
        0.2, "migration.pending", way="undo", pending=True, revision="0002", revisions=["0003"], why="", linted=True,
        statements={"expand-only": [{"sql": "UPDATE alembic_version", "why": "its place"}],
                    "reversible": [{"sql": INDEX, "why": "rows that stable writes may be refused"}]},
        counts={"expand-only": 1, "reversible": 1},
        dangers=[{"rule": "require-concurrent-index-creation", "line": 3, "says": "it blocks writes"}],
        **{"class": "reversible"},
    ),
    backup(0.5, "20260921T141320Z", 1083, seconds=0.25,
           proof={"seconds": 0.07, "compared": "schema, rows and checksums"}, removed=[]),
    of_orders(0.6, "migration.started"),
    of_orders(1.6, "migration.ended", revision="0003", seconds=1.0),
]  # fmt: skip
UNDONE = [
    of_orders(42.0, "database.way_back", way="undo", why="the migration is reversible", **{"class": "reversible"}),
    step(42.0, "way", 0.01),
    of_orders(45.9, "migration.undone", revision="0002", seconds=3.9),
    step(43.0, "undo", 0.4, kind="step.failed"),
    step(46.0, "undo", 3.5),
]
RESTORED = [
    of_orders(42.0, "database.way_back", way="restore", why="the migration is destructive"),
    of_orders(42.1, "writes.stopped"),
    step(42.6, "restore/stop-writes", 0.5),
    backup(43.0, "20260921T141359Z", 1183),
    step(43.0, "restore/backup", 0.4),
    of_orders(43.2, "writes.counted", since=0, backup="20260921T141359Z", tables=[
        {"table": "orders", "added": 100, "changed": 0, "removed": 0, "exact": True, "file": "orders.csv"}]),
    step(60.0, "restore/approval", 16.8),
    of_orders(60.1, "database.restored", backup="20260921T141320Z", kept_as="shop_before"),
    of_orders(60.3, "writes.allowed"),
    step(60.3, "restore/open", 0.2),
]  # fmt: skip


def report(*more: Happened) -> Any:
    happened = sorted([*HAPPENED, *FORWARD, *more], key=lambda each: each[0])
    return gather(RELEASE_ROW, entries(happened), (), load(EXAMPLE, {}))


def section(text: str) -> str:
    return text.split("## Database orders\n\n")[1].split("\n\n## ")[0]


def test_an_undo_is_reported_with_the_time_of_each_part_beside_what_the_plan_lets_it_take() -> None:
    assert (
        section(to_markdown(report(*UNDONE)))
        == """\
|  |  |
| --- | --- |
| Migration | 0003: reversible, 1 of 2 statements |
|  | CREATE UNIQUE INDEX orders_reference ON orders (reference): rows that stable writes may be refused |
| Danger | it blocks writes (require-concurrent-index-creation) |
| Backup | 20260921T141320Z: 48 KiB, 1,083 rows, after 250ms; proven: restored and compared (schema, rows and \
checksums) in 70ms |
| Migrated | revision 0003 is in force, in 1s |
| Way back | by its undo: the migration is reversible |
| Undone | revision 0002 is in force again, after 3.9s |
| Writes | were never stopped |

| Part of its way back | Time | At most | Meaning |
| --- | --- | --- | --- |
| decide | 10ms | — | until it was decided what becomes of it |
| undo | 3.9s | 1h | the undo of the new version, while stable served |"""
    )


def test_a_restore_is_reported_with_what_was_written_and_how_long_nobody_could_write() -> None:
    said = section(to_markdown(report(*RESTORED)))
    for line in (
        "| Way back | by a restore: the migration is destructive |",
        "| Before the restore | 20260921T141359Z: 48 KiB, 1,183 rows |",
        "| Written since the backup | orders: 100 added",
        "| Restored | from backup 20260921T141320Z; what it was is kept as shop_before |",
        "| Writes | were stopped for 18.2s |",
        "| stop writes | 500ms | 5s | the page was shown, requests in flight ended, the database was closed |",
        "| back up | 400ms | 1h | a fresh backup of the present state, proven |",
        "| ask | 16.8s | — | until a person answered |",
    ):
        assert line in said


def test_a_part_that_failed_is_not_told_as_if_it_had_been_done() -> None:
    failed = [step(60.1, "restore/swap", 0.014, kind="step.failed"), step(60.2, "restore/look", 0.1)]
    rejected = [each for each in RESTORED if each[3].get("step") != "database/orders/restore/approval"]
    rejected += [step(60.0, "restore/approval", 16.8, kind="step.failed")]
    said = section(to_markdown(report(*rejected, *failed)))
    assert "| swap | 14ms | — | this failed |" in said
    assert "| ask | 16.8s | — | until a person answered |" in said
    assert "| look | 100ms | — | whether it answered, and whether there was room |" in said


def test_an_undo_that_a_person_did_not_vouch_for_is_not_called_one() -> None:
    said = to_markdown(report(UNDONE[0], of_orders(45.9, "undo.left", why="nobody can tell; left by otto")))
    assert "| Not undone | it stays as it is: nobody can tell; left by otto |" in section(said)
    assert "| Undone |" not in said
    assert "The migration of database orders was not undone." in said


def test_the_page_says_the_same() -> None:
    page = to_html(report(*UNDONE))
    assert "<h2>Database orders</h2>" in page
    assert "<td>undo</td>" in page and "rows that stable writes may be refused" in page


def test_a_release_that_touched_no_database_says_nothing_of_one() -> None:
    assert "Database" not in to_markdown(gather(RELEASE_ROW, entries(), ()))


def test_what_another_program_wrote_is_no_reason_to_have_no_report() -> None:
    strange = of_orders(0.2, "migration.pending", revisions=None)
    said = to_markdown(gather(RELEASE_ROW, entries([*HAPPENED, strange]), ()))
    assert "| Record | what it says of this database cannot be read |" in said
