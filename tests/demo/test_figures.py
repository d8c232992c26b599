"""What the demo says of a release: from the record of the release and the records of its traffic."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from flightrules.demo.figures import StageFigures, figures
from flightrules.demo.shop import Shop, claimed_port, copy, left_running
from flightrules.demo.show import in_words, orders_in_words, wrapped
from flightrules.domain.errors import FlightError
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.traffic_records import Record
from flightrules.views.following import Following
from flightrules.views.model import ReleaseView
from tests.written import Written, records_in


@pytest.fixture
def written(tmp_path: Path) -> Written:
    clock = FakeClock()
    return Written(records_in(tmp_path / ".flight", clock), clock, tmp_path)


def view_of(written: Written) -> ReleaseView:
    return Following(written.records, written.plan, written.release).view()


def answer(at: float, version: str | None, status: int | None = 200) -> Record:
    return Record(at, 0.1, 1, "GET", "/", status, version)


def test_a_release_that_was_called_back_is_counted_from_what_its_users_saw(written: Written) -> None:
    written.holds(1, "canary", 5).ends(1, "canary").holds(2, "quarter", 25)
    written.event("goback.started", why="error_rate is 9%", procedure="code")
    written.ended("rolled back")
    view = view_of(written)
    start = view.started_at
    seen = [
        answer(start - 1, "v1", 500),  # before it began
        answer(start + 1, "v1"),
        answer(start + 2, "v2", 500),
        answer(start + 3, None, None),
        answer(start + 4.5, "v2"),
        answer(start + 1000, "v1", 500),  # after it had ended
    ]
    told = figures(view, seen, set())
    assert (told.version, told.outcome) == ("v2", "rolled back")
    assert (told.requests, told.failed_requests, told.failed_requests_not_answered_by_candidate) == (4, 2, 1)
    assert told.seconds_from_first_bad_answer_to_zero_traffic == pytest.approx(2.4)
    assert told.stages == (
        StageFigures("canary", 5.0, 12.0, "pass"),
        StageFigures("quarter", 25.0, 1.0, "called back"),
        StageFigures("full", 100.0, None, "skipped"),
    )
    assert in_words(told).endswith("2.4s after its first bad answer it had no traffic any more.")


def test_without_a_bad_answer_there_is_no_time_from_it(written: Written) -> None:
    view = view_of(written.ended("released"))
    told = figures(view, [answer(view.started_at + 0.5, "v2")], set())
    assert told.seconds_from_first_bad_answer_to_zero_traffic is None
    assert "first bad answer" not in in_words(told)


def order(at: float, reference: str, status: int | None = 201) -> Record:
    return Record(at, 0.1, 1, "POST", "/api/orders", status, "v1", order=reference)


def test_every_order_that_users_were_told_to_have_placed_is_looked_for(written: Written) -> None:
    view = view_of(written.ended("rolled back"))
    start = view.started_at
    seen = [
        order(start - 1, "before"),
        order(start + 0.1, "kept"),
        order(start + 0.2, "gone"),
        order(start + 0.3, "refused", 500),
        order(start + 0.4, "unanswered", None),
    ]
    told = figures(view, seen, {"kept", "unanswered"})
    assert (told.acknowledged_writes, told.lost_writes) == (2, 1)
    assert orders_in_words(told) == "While v2 was rolled back: 2 orders acknowledged, 1 lost."


def test_the_demo_works_on_a_copy_with_a_port_of_its_own() -> None:
    shop = copy(8081)
    try:
        assert f"listen: {shop.address}" in shop.plan.read_text()
        assert (shop.plan.parent / "versions" / "v3" / "app.py").is_file()
    finally:
        shop.remove()
    assert not Path(shop.folder).exists()


def test_a_port_belongs_to_one_demo_also_before_its_router_listens() -> None:
    with claimed_port() as first, claimed_port() as second:
        assert first != second
        with socket.socket() as router:
            router.bind(("127.0.0.1", first))
            router.listen()
    with claimed_port() as third, socket.socket() as taken:
        assert 1024 <= third <= 65535
        taken.bind(("127.0.0.1", third))


def test_without_the_source_the_demo_says_where_the_shop_is(tmp_path: Path) -> None:
    with pytest.raises(FlightError) as refused:
        copy(8081, (tmp_path,))
    assert refused.value.what.startswith("the example shop is not here")
    assert refused.value.do == "get the source, and run `make demo` in it"


def test_a_demo_that_was_left_running_is_found_again_and_no_other_folder_is(tmp_path: Path) -> None:
    shop = Shop(str(tmp_path), "127.0.0.1:8080")
    with pytest.raises(FlightError, match="no demo was left running"):
        left_running(tmp_path)
    shop.note(4711)
    assert left_running(tmp_path) == (shop, 4711)


def test_the_last_lines_break_between_words_and_figures_are_written_as_everywhere(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = replace(
        figures(view_of(written.ended("rolled back")), [], set()), requests=12345, acknowledged_writes=6789,
    )  # fmt: skip
    monkeypatch.setenv("COLUMNS", "40")
    lines = [*wrapped(in_words(told)).splitlines(), *wrapped(orders_in_words(told)).splitlines()]
    assert max(map(len, lines)) <= 40
    assert lines[-2:] == ["While v2 was rolled back: 6,789 orders", "acknowledged, 0 lost."]
    assert "12,345" in " ".join(lines).split()
    monkeypatch.delenv("COLUMNS")
    assert "\n" not in wrapped("word " * 100)
