"""What somebody may have meant who typed a name that there is not."""

from flightrules.domain.near_names import suggestion


def test_names_that_are_near_are_offered() -> None:
    assert suggestion("v1.40", ["v1.4.0", "v1.3", "main"]).startswith("Did you mean v1.4.0")
    assert suggestion("mian", ["main", "blue"]) == "Did you mean main?"


def test_where_none_is_near_the_first_are_listed_and_the_others_counted() -> None:
    assert suggestion("x", [f"release-{number}" for number in range(10)]) == (
        "There are: release-0, release-1, release-2, release-3, release-4, release-5, release-6, release-7, and 2 more."
    )


def test_where_there_is_none_nothing_is_said() -> None:
    assert suggestion("x", []) == ""
