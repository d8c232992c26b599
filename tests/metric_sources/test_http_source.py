from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Gauge
from flightrules.metric_sources import http
from flightrules.ports.metric_source import Question
from tests.metric_sources.small_server import SmallServer, small_server

V1, V2 = Version("v1", "1" * 40), Version("feature/ü b", "2" * 40)
BOTH = Question("web", {CANDIDATE: V2, STABLE: V1})
STATS = '{"cache": {"hit_rate": 71.5, "state": "warm", "on": true}, "items": [{"value": 3}]}'


@pytest.fixture
async def server() -> AsyncIterator[SmallServer]:
    async with small_server() as server:
        server.says(STATS)
        yield server


def source(server: SmallServer, path: str = "/stats", **options: object) -> http.HttpSource:
    nothing = dict.fromkeys(("target", "router", "clock", "marks"))
    about = {"name": "n", "service": "web", "plan_folder": Path(), **nothing}
    return http.create(http.Options(url=server.url + path, **options), **about)


async def refusal(asked: http.HttpSource) -> str:
    with pytest.raises(SourceUnreachable) as refused:
        await asked.read(BOTH)
    return refused.value.what


@pytest.mark.parametrize(("path", "value"), [("cache.hit_rate", 71.5), ("items.0.value", 3.0), ("items[0].value", 3.0)])
async def test_a_field_of_a_json_answer_is_the_value_of_all_versions(server, path, value):
    assert await source(server, value=path).read(BOTH) == {ALL: Gauge(value)}


async def test_an_answer_that_is_a_number_needs_no_path(server):
    server.says("41.5\n")
    assert await source(server).read(BOTH) == {ALL: Gauge(41.5)}


async def test_with_the_version_in_the_address_each_version_is_asked_about_by_itself(server):
    server.body = lambda asked: b"1" if asked.path.endswith("v1") else b"2"
    sample = await source(server, "/$service/$version").read(BOTH)
    assert sample == {V1.key: Gauge(1.0), V2.key: Gauge(2.0)}
    assert sorted(asked.path for asked in server.asked) == ["/web/feature%2F%C3%BC%20b", "/web/v1"]


async def test_with_the_version_in_a_header_each_version_answers_for_itself_behind_one_router(server):
    server.body = lambda asked: b"1" if asked.headers["x-flight-version"] == "v1" else b"2"
    sample = await source(server, headers={"x-flight-version": "$version", "x-key": "a$b"}).read(BOTH)
    assert sample == {V1.key: Gauge(1.0), V2.key: Gauge(2.0)}
    sent = sorted((asked.headers["x-flight-version"], asked.headers["x-key"]) for asked in server.asked)
    assert sent == [("feature/%c3%bc%20b", "a$b"), ("v1", "a$b")], "and a header holds no line of its own"


async def test_a_query_in_the_address_is_kept(server):
    await source(server, "/stats?of=$service&x=", value="cache.hit_rate").read(BOTH)
    assert (server.asked[0].query["of"], server.asked[0].headers["accept-encoding"]) == (["web"], "identity")


async def test_where_only_stable_has_no_answer_the_candidate_is_still_measured(server):
    server.body = lambda asked: b"rubbish" if asked.path.endswith("v1") else b"2"
    assert await source(server, "/$version").read(BOTH) == {V2.key: Gauge(2.0)}


async def test_where_the_candidate_has_no_answer_the_source_is_unreachable(server):
    server.body = lambda asked: b"1" if asked.path.endswith("v1") else b"rubbish"
    assert "the last line is the text `rubbish`, not a number" in await refusal(source(server, "/$version"))


async def test_secrets_are_sent_and_not_shown(server):
    server.status = 403
    asked = source(server, "/stats?key=hunter2", bearer="hunter2", headers={"X-Key": "hunter3"})
    assert await refusal(asked) == f"{server.url}/stats?key=… answered with status 403"
    headers = server.asked[0].headers
    assert (headers["authorization"], headers["x-key"]) == ("bearer hunter2", "hunter3")
    assert "hunter2" not in repr(asked._options.bearer)


async def test_a_redirect_is_not_followed(server):
    server.status, server.extra = 302, {"location": "/elsewhere"}
    assert await refusal(source(server)) == f"{server.url}/stats answered with status 302"
    assert len(server.asked) == 1


async def test_an_answer_that_does_not_come_in_time_is_given_up(server):
    server.slow = True
    asked = source(server, within=0.2)
    assert await refusal(asked) == f"{server.url}/stats did not answer within 200ms"


async def test_nothing_listens(server):
    server.url = "http://127.0.0.1:1"
    assert (await refusal(source(server))).startswith("http://127.0.0.1:1/stats did not answer: ")


async def test_an_answer_that_ends_too_early_is_no_answer(server):
    server.extra = {"content-length": "1000"}
    assert "/stats did not answer: " in await refusal(source(server))


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(server):
    server.says("1" * (1 << 21))
    assert await refusal(source(server)) == f"{server.url}/stats answered with more than 1 MiB"


async def test_a_compressed_answer_is_refused(server):
    server.extra = {"content-encoding": "gzip"}
    assert "answered compressed, though it was asked not to" in await refusal(source(server))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("cache.misses", "`cache` has no `misses`; it is an object with hit_rate, on, state"),
        ("items.7", "`items` has no `7`; it is a list of 1"),
        ("nothing", "the answer has no `nothing`; it is an object with cache, items"),
        ("cache.hit_rate.x", "`cache.hit_rate` has no `x`; it is `71.5`"),
        ("cache.state", "`cache.state` is the text `warm`, not a number"),
        ("cache.on", "`cache.on` is `true`, not a number"),
        ("cache", "`cache` is an object with hit_rate, on, state, not a number"),
    ],
)
async def test_a_path_that_leads_to_no_number_says_where_it_ends(server, path, words):
    assert await refusal(source(server, value=path)) == f"{server.url}/stats: {words}"


@pytest.mark.parametrize("body", ['{"a": ' * 100_000, "{", "\xff", "[" * 100_000])
async def test_what_is_no_json_is_said_to_be_none(server, body):
    server.says(body.encode("latin-1"))
    assert f"{server.url}/stats: the answer is no JSON: " in await refusal(source(server, value="a"))


@pytest.mark.parametrize("body", ['{"a": null}', '{"a": NaN}', '{"a": 1e999}', '{"a": 1' + "0" * 400 + "}", "", " \n"])
async def test_what_is_nothing_is_no_measurement(server, body):
    server.says(body)
    assert await source(server, value="a").read(BOTH) == {}


def test_an_address_that_is_none_is_refused_when_the_plan_is_read():
    with pytest.raises(ValidationError, match="must begin with http:// or https://"):
        http.Options(url="ftp://example.org/")
