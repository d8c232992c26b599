"""What a report says of the comparison."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from flightrules.report.comparison_charts import errors_chart, evidence_chart, latency_chart
from flightrules.report.data import Point, ReportData
from flightrules.report.gathering import gather
from flightrules.report.html import to_html
from flightrules.report.markdown import to_markdown
from flightrules.report.thinning import Sampled
from flightrules.state.increments import Increment
from flightrules.state.observations import Seen
from tests.report.a_release import BEGAN, RELEASE_ROW, V2, V3, entries, record

BOUNDS = [0.01 * 2**power for power in range(8)]


def looks() -> Iterator[Seen]:
    for number in range(60):
        look = record(3.0 + number * 0.75)
        for key, counts in (
            (V3.key, [0, number, 4 * number, number]),
            (V2.key, [9 * number, 90 * number, 20 * number, 0]),
        ):
            look["counters"]["web"][key] |= {"bounds": BOUNDS, "counts": [*counts, 0, 0, 0, 0, 0]}
        yield Seen(number + 1, look["stage"], look["at"], look)


def increments(**last: object) -> Iterator[Increment]:
    for number in range(2, 61):
        at = BEGAN + 2.25 + number * 0.75
        said = {
            "log_e": number / 20,
            "limit": 4.6,
            "certified": False,
            "needed": 4200,
            "overdispersion": 1.0,
            "estimated": True,
        }
        said |= last if number == 60 else {}
        yield Increment(number, "web", at, "stages/1-canary", 15, number % 5 == 0, 112, number % 30 == 0, said)


def reported(**last: object) -> ReportData:
    return gather(RELEASE_ROW, entries(), looks(), None, increments(**last))


def section(text: str) -> str:
    return text.split("## Candidate against stable")[1].split("## ")[0]


def test_the_report_says_what_each_version_failed_and_how_far_the_evidence_came() -> None:
    failed, came_to = filter(None, section(to_markdown(reported())).splitlines())
    assert failed == (
        "v3 failed 12 of 885 requests (1.4%; 0.78% to 2.4%); "
        "v2 failed 2 of 6,608 requests (0.03%; 0.0083% to 0.11%), in the same time."
    )
    assert came_to == "v3 is not certified; log E ended at 3.0, at 4.6 the release is called back.", (
        "of a version that was called back nobody asks how many more requests it would have taken"
    )


def test_of_a_version_that_was_released_uncertified_it_says_what_that_would_have_taken() -> None:
    released = replace(RELEASE_ROW, outcome="released")
    report = gather(released, entries(), looks(), None, increments())
    taken = "as rarely as v2 failed, that would have taken about 4,200 more requests of it"
    assert f"v3 is not certified: {taken}; log E ended" in section(to_markdown(report))


def test_it_says_when_the_candidate_is_certified_and_when_errors_come_in_clusters() -> None:
    said = section(to_markdown(reported(certified=True, overdispersion=2.4)))
    assert "v3 is certified, it fails less than twice as often as v2; log E ended at 3.0" in said
    assert "Errors come in clusters of about 2.4: all evidence was divided by that." in said


def test_it_says_when_it_is_not_known_whether_errors_come_in_clusters() -> None:
    said = section(to_markdown(reported(overdispersion=3.0, estimated=False)))
    assert "Too few errors of v2 were seen to know whether errors come in clusters: out of caution" in said
    assert "was divided by 3." in said


def test_a_release_without_a_comparison_has_no_such_section() -> None:
    assert "Candidate against stable" not in to_markdown(gather(RELEASE_ROW, entries(), looks()))


def test_the_page_has_a_chart_of_the_evidence_of_the_errors_and_of_the_latencies() -> None:
    page = to_html(reported())
    for title in ("Evidence (log E)", "Errors so far", "<h3>Latency</h3>", "at 4.6 the release is called back"):
        assert title in page


@pytest.mark.parametrize("chart", [evidence_chart, errors_chart])
def test_a_chart_is_drawn_of_a_single_look_too(chart) -> None:
    data = gather(RELEASE_ROW, entries(), looks(), None, list(increments())[:1])
    assert chart(data, data.comparisons[0]).startswith("<svg")


def test_both_histograms_are_in_one_chart() -> None:
    latency = reported().comparisons[0].view.latency
    assert latency is not None
    assert (sum(latency.candidate), sum(latency.stable)) == (59 * 6, 59 * 119)
    assert latency_chart(latency).startswith("<svg")


def test_a_line_of_points_that_say_all_keeps_its_newest() -> None:
    line = Sampled(most=4)
    for number in range(100):
        line.add(Point(float(number), None, float(number), None))
    assert len(line.points()) <= 9
    assert line.points()[-1].at == 99.0
