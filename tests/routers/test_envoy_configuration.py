"""What Envoy is told, without Envoy: routes survive the way there and back, bad options say what to write."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flightrules.domain.traffic import WHOLE, Page, Routes, Share, Split
from flightrules.routers import envoy
from flightrules.routers._envoy import clusters, counting
from flightrules.routers._envoy.bootstrap import latency_bounds
from flightrules.routers._envoy.route_table import route_table, routes_of
from flightrules.routers._envoy.settings import Settings

SETTINGS = Settings(
    service="web",
    folder=Path("/state/router"),
    host="127.0.0.1",
    port=8080,
    sticky=True,
    sticky_for=3600.0,
    pin_header="x-flight-version",
    health="/health",
    trusted_proxies=0,
    patience=1.0,
    confirm=5.0,
)
WRITE = "write e.g. 127.0.0.1:8080 or 0.0.0.0:80"
KEYS = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
ADDRESSES = st.lists(st.integers(1, 65535).map("127.0.0.1:{}".format), min_size=1, max_size=3, unique=True).map(tuple)
PAGES = st.builds(Page, st.text(), st.integers(0, 10_000), st.sampled_from([200, 503]))


@st.composite
def all_routes(draw: st.DrawFn) -> Routes:
    endpoints = draw(st.dictionaries(KEYS, ADDRESSES, min_size=1, max_size=4))
    keys = sorted(endpoints)
    points = draw(st.integers(0, WHOLE)) if len(keys) > 1 else WHOLE
    shares = {keys[0]: Share(points)} | ({keys[1]: Share(WHOLE - points)} if len(keys) > 1 else {})
    return Routes(
        split=draw(st.sampled_from([None, Split(shares)])),
        endpoints=endpoints,
        candidate=draw(st.sampled_from([None, *keys])),
        salt=draw(st.text(max_size=8)),
        closed=draw(st.none() | PAGES),
        names=draw(st.dictionaries(st.sampled_from(keys), st.text(min_size=1, max_size=8))),
    )


@given(all_routes())
def test_routes_read_back_from_the_table_are_those_that_made_it(routes: Routes) -> None:
    assert routes_of(route_table(SETTINGS, routes)) == routes


@given(all_routes())
def test_every_cluster_that_a_route_names_is_there_and_the_weights_are_the_shares(routes: Routes) -> None:
    there = {cluster["name"] for cluster in clusters.resources(SETTINGS, routes)}
    for route in route_table(SETTINGS, routes)["virtual_hosts"][0]["routes"]:
        weighted = route.get("route", {}).get("weighted_clusters", {}).get("clusters")
        if weighted:
            assert sum(each["weight"] for each in weighted) == WHOLE
            assert {each["name"] for each in weighted} <= there
        elif "route" in route:
            assert route["route"]["cluster"] in there


@given(all_routes())
def test_the_candidates_share_is_always_the_first_stretch(routes: Routes) -> None:
    for route in route_table(SETTINGS, routes)["virtual_hosts"][0]["routes"]:
        weighted = route.get("route", {}).get("weighted_clusters", {}).get("clusters", [])
        names = [each["name"].partition(clusters.FALLBACK)[0] for each in weighted]
        assert routes.candidate not in names[1:]


def test_nothing_was_set_before_the_first_split() -> None:
    assert routes_of(route_table(SETTINGS, None)) is None


def test_every_kind_of_answer_is_counted_where_it_belongs() -> None:
    figures = {
        "flight.requests.version.v2-b.share.v2-b_else_v1-a.status.200.flags.-": 10,
        "flight.requests.version.v1-a.share.v2-b_else_v1-a.status.200.flags.-": 2,
        "flight.requests.version.v2-b.share.v2-b.status.200.flags.UC": 1,
        "flight.requests.version.v2-b.share.v2-b.status.200.flags.DC": 1,
        "flight.requests.version.v2-b.share.v2-b.status.101.flags.UC": 1,
        "flight.requests.version.-.share.v2-b_else_v1-a.status.503.flags.UH": 1,
        "flight.requests.version.v2-b.share.v2-b.status.0.flags.DC": 1,
        "flight.requests.version.-.share.-.status.503.flags.-": 99,
        "cluster.v1-a.upstream_rq_active": 3,
    }
    found = counting.counters(
        {"stats": [{"name": name, "value": value} for name, value in figures.items()]}, latency_bounds()
    )
    assert {key: (each.requests, each.bad, each.in_flight) for key, each in found.items()} == {
        "v1-a": (2, 0, 3),
        "v2-b": (15, 3, 0),
    }


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("listen", "8080", f"'8080' is not an address to listen on; {WRITE}"),
        ("listen", "0.0.0.0:0", f"'0.0.0.0:0' is not an address to listen on; {WRITE}"),
        ("listen", "shop.example:80", "'shop.example:80' is not an address to listen on"),
        ("listen", "300.0.0.1:80", "'300.0.0.1:80' is not an address to listen on"),
        ("health", "health", "'health' is not a path; write e.g. /health"),
        ("pin_header", "x version", "'x version' is not the name of a header; write e.g. x-flight-version"),
    ],
)
def test_a_bad_option_says_what_to_write(option: str, value: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        envoy.Options(**{"listen": "127.0.0.1:80", option: value})
    assert says in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize(("written", "meant"), [("localhost:80", "127.0.0.1:80"), ("[::1]:80", "[::1]:80")])
def test_an_address_may_be_localhost_or_of_version_six(written: str, meant: str) -> None:
    assert envoy.Options(listen=written).listen == meant
