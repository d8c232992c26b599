import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, Gauge
from flightrules.metric_sources import prometheus
from flightrules.ports.metric_source import Question
from tests.metric_sources.small_server import SmallServer, small_server

V2 = Version('v"2', "2" * 40)
QUESTION = Question("web", {CANDIDATE: V2})


@pytest.fixture
async def server() -> AsyncIterator[SmallServer]:
    async with small_server() as server:
        yield server


def source(server: SmallServer, query: str = "up") -> prometheus.PrometheusSource:
    nothing = dict.fromkeys(("target", "router", "clock", "marks"))
    about = {"name": "n", "service": "web", "plan_folder": Path(), **nothing}
    return prometheus.create(prometheus.Options(query=query, url=server.url + "/"), **about)


def gives(kind: str, result: Any, **more: Any) -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more})


@pytest.mark.parametrize(
    "answer", [gives("vector", [{"metric": {"a": "b"}, "value": [1.0, "0.5"]}]), gives("scalar", [1.0, "5e-1"])]
)
async def test_one_value_is_the_value(server, answer):
    server.says(answer)
    assert await source(server).read(QUESTION) == {ALL: Gauge(0.5)}
    assert server.asked[0].path == "/api/v1/query"


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
async def test_what_is_no_number_is_no_measurement(server, value):
    server.says(gives("vector", [{"metric": {}, "value": [1.0, value]}]))
    assert await source(server).read(QUESTION) == {}


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (
            gives("vector", [{"metric": {}, "value": [1.0, "1"]}] * 3),
            200,
            "the query gives 3 series, not one; aggregate them, for example with sum(…) or max(…)",
        ),
        (
            gives("matrix", [{"metric": {}, "values": []}]),
            200,
            "the query gives a range, not one value; wrap it, for example in avg_over_time(…)",
        ),
        (gives("string", [1.0, "x"]), 200, "the query gives a string, not a number"),
        (
            gives("vector", [{"metric": {}, "histogram": [1.0, {}]}]),
            200,
            "the query gives a histogram, not a number; take histogram_quantile of it",
        ),
        (
            gives("vector", [{"metric": {}, "value": [1.0, "1"]}], warnings=["half of it is gone"]),
            200,
            "Prometheus warns: half of it is gone; a doubtful value decides nothing",
        ),
        (
            '{"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end"}',
            400,
            "the query was refused: parse error: unexpected end",
        ),
        (gives("vector", []), 503, "this is no answer of Prometheus"),
        ("[]", 200, "this is no answer of Prometheus"),
        ("404 page not found", 404, "the answer is no JSON: Extra data: line 1 column 5 (char 4)"),
    ],
)
async def test_what_is_not_one_value_says_what_to_write_instead(server, answer, status, words):
    server.status = status
    server.says(answer)
    with pytest.raises(SourceUnreachable) as refused:
        await source(server).read(QUESTION)
    assert refused.value.what == f"{server.url}/api/v1/query (status {status}): {words}"


async def test_the_version_stands_in_the_query_as_text_that_cannot_end_its_string(server):
    server.says(gives("vector", []))
    assert await source(server, 'up{version="$version",job="$service",x="$y"}').read(QUESTION) == {}
    assert server.asked[0].query["query"] == [r'up{version="v\"2",job="web",x="$y"}']


@pytest.mark.parametrize(
    ("name", "text"), [("v2", "v2"), ('a"b', r"a\"b"), ("a\\", "a\\\\"), ("a'b`c\nd", r"a\'b\x60c\nd")]
)
def test_every_character_that_could_end_a_string_is_escaped(name, text):
    assert prometheus.escaped(name) == text


RANGE = prometheus.Range(10.0, 20.0, 5.0)
OPTIONS = {"query": 'requests{version="$version"}'}


async def test_a_range_is_asked_for_with_the_version_filled_in(server):
    server.says(gives("matrix", [{"metric": {}, "values": [[10, "1"], [15, "NaN"], [20, "2.5"]]}]))
    options = prometheus.Options(**OPTIONS, url=server.url)
    assert await prometheus.series(options, {"version": 'v"2'}, RANGE) == {10.0: 1.0, 20.0: 2.5}
    asked = server.asked[0]
    assert asked.path == "/api/v1/query_range"
    assert {name: values for name, (values,) in asked.query.items()} == {
        "query": 'requests{version="v\\"2"}', "start": "10.000", "end": "20.000", "step": "5"
    }  # fmt: skip


async def test_a_range_without_a_series_has_no_values(server):
    server.says(gives("matrix", []))
    assert await prometheus.series(prometheus.Options(**OPTIONS, url=server.url), {}, RANGE) == {}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            gives("matrix", [{"metric": {}, "values": []}] * 2),
            "the query gives 2 series, not one; aggregate them, for example with sum(…) or max(…)",
        ),
        (json.dumps({"status": "error", "error": "parse error"}), "the query was refused: parse error"),
        (gives("vector", []), "this is no answer of Prometheus"),
    ],
)
async def test_a_range_that_says_something_else_is_refused(server, answer, words):
    server.says(answer)
    with pytest.raises(SourceUnreachable, match=re.escape(words)):
        await prometheus.series(prometheus.Options(**OPTIONS, url=server.url), {}, RANGE)
