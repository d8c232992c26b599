"""When two databases are the same, and what is said where they are not."""

from flightrules.domain.fingerprints import Fingerprint, TableContent, differences, from_record, growth, to_record


def fingerprint(schema: str = "s", **tables: tuple[int, str]) -> Fingerprint:
    return Fingerprint(schema, {name: TableContent(*content) for name, content in tables.items()})


def test_every_difference_is_said_in_words() -> None:
    expected = fingerprint(a=(1, "x"), b=(2, "x"), c=(3, "x"), d=(4, "x"))
    found = fingerprint("other", b=(3, "y"), c=(3, "y"), d=(4, "x"), e=(5, "x"))
    assert differences(expected, found) == (
        "the schema is another one",
        "table a is missing",
        "table b has 3 rows, not 2",
        "table c has the right number of rows (3), but other values in them",
        "table e is not in the backup",
    )


def test_what_is_not_known_is_neither_the_same_nor_another_one() -> None:
    assert differences(fingerprint("", a=(1, "")), fingerprint("s", a=(1, "x"))) == ()
    assert not fingerprint("", a=(1, "x")).complete
    assert not fingerprint(a=(1, "")).complete
    assert fingerprint(a=(1, "x")).complete


def test_what_was_written_since_is_counted_by_table() -> None:
    before = fingerprint(a=(1, "x"), b=(2, "x"), c=(3, "x"), d=(4, ""), gone=(5, "x"))
    now = fingerprint(a=(2, "y"), b=(2, "x"), c=(3, "y"), d=(4, ""), new=(0, "0"))
    found = [(one.table, one.before, one.now, one.changed) for one in growth(before, now)]
    assert found == [("a", 1, 2, True), ("c", 3, 3, True), ("d", 4, 4, None), ("gone", 5, 0, True)]


def test_a_fingerprint_survives_being_written_down() -> None:
    one = fingerprint(a=(1, "x"), b=(2, ""))
    assert from_record(to_record(one)) == one
