from __future__ import annotations

from dataclasses import replace

import pytest

from flightrules.domain.events import Entry, Event
from flightrules.domain.plan import Plan, Unit
from flightrules.domain.rehearsals import Rehearsing
from flightrules.report.data import LimitLine, ReportData, VersionLine
from flightrules.report.gathering import gather
from flightrules.report.thinning import Thinned
from flightrules.state.observations import Seen
from flightrules.state.releases import OPEN, RELEASE, ROLLBACK, SHUTDOWN, Release
from flightrules.views.model import Tone
from tests.report.a_release import BEGAN, HAPPENED, RELEASE_ROW, V2, V3, WHY, entries, looks, split


def test_the_outcome_comes_first_and_then_what_decided_it(data: ReportData) -> None:
    assert data.headline == "v3 was called back after 48.4s. v2 carries all the traffic again."
    assert data.decided == WHY
    assert data.tone is Tone.BAD


def test_a_rehearsal_is_called_one_before_anything_else() -> None:
    arguments = {**RELEASE_ROW.arguments, "rehearsal": Rehearsing("staging.env", 600.0).to_record()}
    told = gather(replace(RELEASE_ROW, arguments=arguments), entries(), looks())
    assert told.headline.startswith("REHEARSAL, 600 TIMES AS FAST. v3 was called back")


def test_a_stage_that_the_way_back_cut_short_ends_with_it(data: ReportData) -> None:
    canary, half = data.stages
    assert (canary.verdict, canary.seconds) == ("pass", 20.0)
    assert (half.verdict, half.says, half.ended_at) == ("called back", WHY, BEGAN + 41.02)
    assert half.seconds == pytest.approx(14.22)


def test_the_way_back_has_its_measured_times(data: ReportData) -> None:
    way_back = data.way_back
    assert way_back is not None
    assert (way_back.detect, way_back.shift, way_back.total, way_back.within) == (2.0, 0.13, 6.88, 900.0)


def test_versions_have_their_digest_and_the_requests_that_were_seen(data: ReportData) -> None:
    assert data.versions == (
        VersionLine("web", "candidate", "v3", V3.digest, 885, 120),
        VersionLine("web", "stable", "v2", V2.digest, 6637, 0),
    )


def test_a_router_that_started_again_does_not_take_requests_away() -> None:
    def counted(number: int, requests: int) -> Seen:
        version = {"requests": requests, "bad": requests // 10}
        return Seen(number, "s", BEGAN + number, {"counters": {"web": {V3.key: version}}})

    data = gather(RELEASE_ROW, entries(), [counted(1, 100), counted(2, 150), counted(3, 20), counted(4, 30)])
    assert (data.versions[0].requests, data.versions[0].bad) == (80, 8)


def test_each_metric_has_a_line_for_each_version_with_its_unit_and_limits(data: ReportData) -> None:
    assert [metric.name for metric in data.metrics] == ["error_rate", "p50", "p95", "p99", "request_rate", "memory"]
    error_rate, memory = data.metrics[0], data.metrics[-1]
    assert set(error_rate.lines) == {"candidate", "stable"}
    assert error_rate.limits == (
        LimitLine("error_rate > 5% for 2s: roll back", 5.0),
        LimitLine("to pass canary: error_rate < 1%", 1.0),
    )
    assert data.metrics[2].limits[0] == LimitLine("p95 > 5x baseline for 10s: roll back", None)
    assert memory.unit is Unit.BYTES
    assert any(point.mean is None for point in memory.lines["candidate"])


def test_without_its_plan_a_release_is_reported_all_the_same() -> None:
    data = gather(RELEASE_ROW, entries(), looks())
    assert data.metrics[0].unit is Unit.PERCENT
    assert data.metrics[-1].unit is Unit.NUMBER
    assert all(metric.limits == () for metric in data.metrics)


def test_people_are_named_with_what_they_did(data: ReportData) -> None:
    assert [(event.actor, event.text) for event in data.people] == [
        ("anna", "release of v3 begins beside v2, by anna"),
        ("ben", "pause (lunch), by ben: paused"),
    ]


def test_the_last_entry_is_the_proof(data: ReportData) -> None:
    assert data.last is not None
    assert (data.last.number, data.last.hash) == (len(HAPPENED), entries()[-1].hash)


def test_a_release_of_which_nothing_is_recorded_has_a_report(plan: Plan) -> None:
    data = gather(replace(RELEASE_ROW, ended_at=None, outcome=None), (), (), plan)
    assert data.headline == "The release of the candidate is under way. This report ends with its last record."
    assert (data.began, data.until, data.last, data.decided) == (BEGAN, BEGAN, None, "")


@pytest.mark.parametrize(
    ("events", "headline"),
    [
        (6, "The release of v3 is under way. This report ends with its last record."),
        (8, "The release of v3 is paused. This report ends with its last record."),
        (16, "The release of v3 is on its way back. This report ends with its last record."),
    ],
)
def test_a_release_under_way_says_what_it_does(events: int, headline: str) -> None:
    under_way = replace(RELEASE_ROW, ended_at=None, outcome=None)
    data = gather(under_way, entries(HAPPENED[:events]), ())
    assert data.headline == headline
    assert data.until == entries()[events - 1].at


def test_a_release_that_holds_says_so() -> None:
    held = (45.0, "release.held", "flight", {"why": "the router did not answer", "do": ""})
    data = gather(replace(RELEASE_ROW, ended_at=None, outcome=None), entries([*HAPPENED[:16], held]), ())
    assert data.headline == (
        "The release of v3 holds and waits for a person. This report ends with its last record."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "outcome", "headline"),
    [
        (RELEASE, "released", "v3 was released after 48.4s. It carries all the traffic."),
        (RELEASE, "not started", "v3 was not released. Nothing was touched."),
        (ROLLBACK, "rolled back", "Back to v2 from v3 after 48.4s. v2 carries all the traffic."),
        (SHUTDOWN, "closed", "The services were shut down after 48.4s. The page is shown instead."),
        (OPEN, "opened", "The services are open again after 48.4s."),
        (RELEASE, "sealed", "The release ended after 48.4s: sealed."),
    ],
)
def test_every_end_has_its_sentence(kind: str, outcome: str, headline: str) -> None:
    row = replace(RELEASE_ROW, kind=kind, outcome=outcome)
    assert gather(row, entries(HAPPENED[:12]), ()).headline == headline


def test_a_first_release_that_was_called_back_leaves_the_page() -> None:
    first = {**HAPPENED[0][3], "services": {"web": {"candidate": {"name": "v3", "digest": "b"}, "stable": None}}}
    data = gather(RELEASE_ROW, entries([(0.0, "release.started", "anna", first)]), ())
    assert data.headline == (
        "v3 was called back after 48.4s. Nothing served before it, so the page is shown."
    )  # fmt: skip


def test_what_a_gate_refused_decided() -> None:
    refused = (1.0, "release.refused", "flight", {"why": "Unit tests pass: exit status 1", "do": ""})
    row = replace(RELEASE_ROW, outcome="not started")
    assert gather(row, entries([HAPPENED[0], refused]), ()).decided == "Unit tests pass: exit status 1"


def test_the_severity_of_a_rule_that_decided_is_said_once() -> None:
    rule, why = "error_rate > 5% for 30s: P2", "P2: error_rate of v3 is 7%; nobody answered within 15m"
    details = {"rule": rule, "severity": "P2"}
    called = (1.0, "release.called_back", "flight", {"failure": {"what": why, "details": details}})
    back = (1.1, "goback.started", "flight", {"why": why, "procedure": "code"})
    assert gather(RELEASE_ROW, entries([HAPPENED[0], called, back]), ()).decided == (
        "rule error_rate > 5% for 30s: P2: error_rate of v3 is 7%; nobody answered within 15m"
    )


def test_events_of_another_program_version_are_shown_by_their_kind() -> None:
    unknown = (1.0, "moon.landed", "flight", {"crater": 7})
    malformed = (2.0, "stage.ended", "flight", {"verdict": 3})
    empty = (3.0, "goback.started", "flight", {})
    data = gather(RELEASE_ROW, entries([HAPPENED[0], unknown, malformed, empty]), ())
    assert [event.text for event in data.events[1:]] == ["moon.landed", "stage.ended", "goback.started"]


def test_a_stage_that_is_visited_twice_stands_there_twice() -> None:
    again = [HAPPENED[5], HAPPENED[9], HAPPENED[5]]
    stages = gather(RELEASE_ROW, entries(again), ()).stages
    assert [(stage.name, stage.verdict) for stage in stages] == [("canary", "pass"), ("canary", None)]


def test_splits_are_by_service_and_by_the_names_that_people_use() -> None:
    closed = {**split(0), "split": {}, "closed": True}
    data = gather(
        RELEASE_ROW, entries([(1.0, "traffic.shifted", "flight", split(5)), (2.0, "traffic.shifted", "f", closed)]), ()
    )
    assert [(step.at - BEGAN, dict(step.shares), step.closed) for step in data.splits["web"]] == [
        (1.0, {"v3": 5, "v2": 95}, False),
        (2.0, {}, True),
    ]


def test_a_long_watch_is_thinned_and_keeps_its_extremes() -> None:
    line = Thinned(most=100)
    for number in range(50_000):
        line.add(float(number), 99.0 if number == 31_415 else 1.0)
    points = line.points()
    assert 100 <= len(points) <= 201
    assert max(point.high or 0 for point in points) == 99.0
    assert points[0].at == 0.0 and points[-1].at > 49_000


def test_a_gap_stays_a_gap_when_a_line_is_thinned() -> None:
    line = Thinned(most=10)
    for number in range(1000):
        line.add(float(number), None if 400 <= number < 700 else 1.0)
    assert any(point.mean is None for point in line.points())


def test_entries_may_come_from_any_iterable() -> None:
    made_by_hand = Entry(1, BEGAN, Event("release.ended", "r", {"outcome": "released", "seconds": 1.0}), "", "h")
    assert gather(Release("r", RELEASE, "shop", "", "", "anna"), iter([made_by_hand]), iter(())).last is not None
