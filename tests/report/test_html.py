from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from flightrules.domain.plan import Plan
from flightrules.report.data import ReportData
from flightrules.report.gathering import gather
from flightrules.report.html import title_of, to_html
from flightrules.state.observations import Seen
from tests.report.a_release import BEGAN, HAPPENED, RELEASE_ROW, entries, looks, split
from tests.report.hostile import HOSTILE, hostile_release
from tests.report.test_markdown import failed_with

VOID = ("meta", "br", "img", "link", "input", "hr")


class Outline(HTMLParser):
    """What a browser would make of a page: its elements, its text, and whether they are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture
def page(data: ReportData) -> str:
    return to_html(data)


def test_the_page_says_first_how_it_ended_and_what_decided(page: str) -> None:
    assert "<h1>v3 was called back after 48.4s. v2 carries all the traffic again.</h1>" in page
    assert "<b>What decided:</b> error_rate of v3 was 34% (17 of 50 requests), the limit is 5%</p>" in page
    assert '<main class="bad">' in page


def test_the_page_has_a_chart_of_the_traffic_and_of_each_metric(page: str) -> None:
    titles = re.findall(r"<figure><h3>(.*?)</h3>", page)
    assert titles == [
        "Traffic", "Error rate", "Latency, half of the requests (p50)", "Latency, 95 of 100 (p95)",
        "Latency, 99 of 100 (p99)", "Requests", "Memory",
    ]  # fmt: skip
    assert page.count('<svg role="img" aria-label="') == len(titles)
    assert "<figcaption>error_rate &gt; 5% for 2s: roll back; to pass canary: error_rate &lt; 1%</figcaption>" in page


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    outline = Outline(page)
    assert outline.count("script") == outline.count("link") == outline.count("img") == 0
    assert not re.findall(r"@import|url\((?!#)", page)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_page_is_well_formed_and_no_id_is_given_twice(page: str) -> None:
    ids = [attributes["id"] for tag, attributes in Outline(page).elements if "id" in attributes and tag != "path"]
    assert all(re.fullmatch(r"p[0-9a-f]+", str(each)) for each in ids), "only clip paths, named by their content"


def test_the_colours_of_the_charts_are_those_of_the_page(page: str) -> None:
    assert not re.findall(r"(?:fill|stroke): #", page)
    assert "stroke: var(--candidate)" in page and "stroke: var(--stable)" in page


def test_the_same_release_gives_the_same_page(data: ReportData) -> None:
    assert to_html(data) == to_html(data)


def test_hostile_text_stays_text() -> None:
    outline = Outline(to_html(hostile_release()))
    assert outline.count("script") == outline.count("img") == outline.count("a") == 0
    assert outline.count("h1") == 1
    assert not any(name.startswith("on") for _, attributes in outline.elements for name in attributes)
    assert any(HOSTILE in text for text in outline.texts)


def test_a_release_without_any_record_has_a_page() -> None:
    page = to_html(gather(replace(RELEASE_ROW, ended_at=None, outcome=None), (), ()))
    assert "The release of the candidate is under way." in page
    assert "<figure" not in page
    Outline(page)


def test_a_metric_that_could_never_be_read_says_so(plan: Plan) -> None:
    nothing = {"metric": "memory", "subject": "candidate", "service": "web", "value": None}
    looked = [Seen(n, "s", BEGAN + n, {"readings": [nothing], "counters": {}}) for n in range(5)]
    assert "<figcaption>nothing could be read</figcaption>" in to_html(gather(RELEASE_ROW, entries(), looked, plan))


def test_a_service_that_was_shut_down_shows_it_in_its_traffic() -> None:
    closed = {**split(0), "split": {}, "closed": True}
    happened = [HAPPENED[0], (1.0, "traffic.shifted", "flight", split(25)), (20.0, "traffic.shifted", "flight", closed)]
    page = to_html(gather(replace(RELEASE_ROW, outcome="closed"), entries(happened), ()))
    assert "fill: var(--bad)" in page


def test_several_services_have_charts_of_their_own() -> None:
    started = {**HAPPENED[0][3], "services": dict.fromkeys(("web", "worker"), HAPPENED[0][3]["services"]["web"])}
    happened = [
        (0.0, "release.started", "anna", started),
        (1.0, "traffic.shifted", "flight", split(5)),
        (2.0, "traffic.shifted", "flight", {**split(5), "service": "worker"}),
    ]
    page = to_html(gather(RELEASE_ROW, entries(happened), looks(5)))
    assert "<h3>Traffic of web</h3>" in page and "<h3>Traffic of worker</h3>" in page
    assert "<h3>Error rate of web</h3>" in page


def test_a_stage_with_a_name_from_anywhere_is_drawn_as_text() -> None:
    happened = [HAPPENED[0], HAPPENED[3], (3.5, "stage.started", "f", {**HAPPENED[5][3], "stage": "$1</svg> ☃"})]
    page = to_html(gather(RELEASE_ROW, entries(happened), ()))
    Outline(page)
    assert "$1&lt;/svg&gt; ☃" in page


def test_the_last_lines_of_a_candidate_that_never_served_are_in_the_page() -> None:
    page = to_html(failed_with("waiting for <the> database", "no answer"))
    assert "<pre>waiting for &lt;the&gt; database\nno answer</pre>" in page


@pytest.mark.parametrize(
    ("metric", "title"), [("cpu", "CPU"), ("db_connections", "DB connections"), ("queue", "Queue")]
)
def test_a_metric_is_called_as_people_write_it(metric: str, title: str) -> None:
    assert title_of(metric) == title
