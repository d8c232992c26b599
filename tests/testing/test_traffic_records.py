"""What follows from the records of what users saw."""

from pathlib import Path

from flightrules.testing.traffic_records import (
    Record,
    Tally,
    TrafficFile,
    between,
    failed,
    failed_elsewhere,
    first_bad_answer,
    last_sent_to,
)


def record(at: float, status: int | None, version: str | None = None, seconds: float = 0.5) -> Record:
    return Record(at, seconds, 1, "GET", "/", status, version, "" if status else "ClientError: gone")


SEEN = [record(10, 200, "v1"), record(11, 500, "v2"), record(12, None), record(13, 503), record(14, 404, "v2")]


def test_no_answer_and_an_error_of_the_server_are_failures_and_a_page_that_is_not_there_is_none() -> None:
    assert failed(SEEN) == 3


def test_a_failure_that_the_candidate_did_not_answer_itself_counts_against_the_machinery() -> None:
    assert failed_elsewhere(SEEN, candidate="v2") == 2
    assert failed_elsewhere(SEEN, candidate="v1") == 3


def test_the_first_bad_answer_is_the_one_that_ended_first() -> None:
    assert first_bad_answer([record(10, 500, seconds=4), record(11, 500, seconds=1)]) == 12
    assert first_bad_answer(SEEN[:1]) is None


def test_the_last_request_to_a_version_counts_from_when_it_was_sent() -> None:
    assert last_sent_to(SEEN, "v2") == 14
    assert last_sent_to(SEEN, "v3") is None


def test_a_span_of_time_has_its_start_and_not_its_end() -> None:
    assert [one.at for one in between(SEEN, 11, 13)] == [11, 12]


def test_a_tally_counts_by_version_and_by_reason() -> None:
    tally = Tally()
    for one in SEEN:
        tally.add(one)
    assert tally.to_record() == {
        "requests": 5,
        "failed": 3,
        "first_failed_at": 11.5,
        "by_version": {
            "v1": {"requests": 1, "failed": 0},
            "v2": {"requests": 2, "failed": 1},
            "": {"requests": 2, "failed": 2},
        },
        "failures": {"status 500": 1, "ClientError: gone": 1, "status 503": 1},
    }


def test_a_file_that_grows_is_read_as_far_as_its_lines_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "records"
    growing = TrafficFile(path)
    assert growing.new() == []
    first, second = SEEN[0].to_line(), SEEN[1].to_line()
    path.write_text(first + second[:20])
    assert growing.new() == SEEN[:1]
    assert growing.new() == []
    path.write_text(first + second)
    assert growing.new() == SEEN[1:2]
    assert growing.records == SEEN[:2]
