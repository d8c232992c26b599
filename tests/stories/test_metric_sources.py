"""Metrics from elsewhere: a source that is slow, down or broken is shown, and decides nothing."""

import json
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage
from tests.stories.world import World, free_address

pytestmark = pytest.mark.slow

NOWHERE = {"from": "http", "value": "cache.hit_rate", "unit": "%"}
BROKEN: dict[str, dict[str, Any]] = {
    "site_down": {**NOWHERE, "url": "http://ADDRESS/stats"},
    "prometheus_down": {"from": "prometheus", "url": "http://ADDRESS", "query": "shop_hits", "unit": "%"},
    "command_fails": {"from": "command", "run": "echo 3; exit 1", "unit": "%"},
    "command_hangs": {"from": "command", "run": "sleep 300", "unit": "%"},
    "command_says_rubbish": {"from": "command", "run": "echo NaN", "unit": "%"},
}


def test_sources_that_do_not_answer_call_nothing_back(given: Given, when: When, then: Then) -> None:
    nowhere = free_address()
    metrics = {name: {k: v.replace("ADDRESS", nowhere) for k, v in each.items()} for name, each in BROKEN.items()}
    rules = [rule for name in BROKEN for rule in either_way(name)]
    given.a_shop(metrics=metrics, rules=rules).with_stable("v1").with_users()
    when.releasing("v2").it_ends()
    then.outcome("released").in_service(web="v2").failed_requests().happened("rule.fired", times=0)
    said = given.world.flight("status", "--json").json()["release"]["metrics"]
    for broken in (metric for metric in said if metric["name"] in BROKEN):
        assert broken["candidate"] is None, f"what is not known is shown as not known: {broken}"
        assert broken["nearness"] == "missing"
        assert broken["why"], f"and why: {broken}"


def either_way(metric: str) -> list[dict[str, str]]:
    """Rules of which one would fire, whatever the metric were taken for."""
    return [{"if": f"{metric} < 80%", "then": "roll back"}, {"if": f"{metric} > 1%", "then": "shut down"}]


def test_a_stage_that_cannot_be_judged_goes_on_holding_until_a_person_decides(
    given: Given, when: When, then: Then
) -> None:
    metric = {**NOWHERE, "url": f"http://{free_address()}/stats"}
    stages = [stage("canary", 20, hold="1s", **{"pass": "hits > 80%"}), stage("full", 100, hold="1s")]
    given.a_shop(metrics={"hits": metric}, stages=stages).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("people.told")
    when.seconds_pass(2)
    then.happened("stage.ended", times=0)
    told = [entry.event.data["text"] for entry in given.world.entries("people.told")]
    assert len([text for text in told if "cannot be judged yet" in text]) == 1, told
    when.somebody_says("promote")
    then.status(0)
    when.it_ends()
    then.outcome("released").says("stage canary cannot be judged yet and goes on holding").failed_requests()


def test_what_a_command_says_calls_a_release_back(given: Given, when: When, then: Then) -> None:
    hits = given.world.folder / "hits"
    hits.write_text("95")
    metrics = {"hits": {"from": "command", "run": f"cat {hits}", "unit": "%"}}
    given.a_shop(metrics=metrics, rules=[{"if": "hits < 80%", "then": "roll back"}], stages=LONG)
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    hits.write_text("40")
    when.it_ends()
    then.outcome("rolled back").says("hits").in_service(web="v1").failed_requests()


def test_what_a_database_says_calls_a_release_back(given: Given, when: When, then: Then) -> None:
    kept = given.world.folder / "orders.db"
    with sqlite3.connect(kept) as database:
        database.execute("create table orders (paid integer)")
    unpaid = {
        "from": "sql",
        "database": "main",
        "query": "select count(*) from orders where not paid",
        "unit": "number",
    }
    gone = {**unpaid, "query": "select count(*) from bills"}
    given.a_shop(
        databases={"main": {"kind": "sqlite", "path": str(kept)}},
        metrics={"unpaid": unpaid, "bills": gone},
        rules=[{"if": "unpaid > 3", "then": "roll back"}, {"if": "bills < 9", "then": "shut down"}],
        stages=LONG,
    )
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    with sqlite3.connect(kept) as database:
        database.executemany("insert into orders values (?)", [(0,)] * 5)
    when.it_ends()
    then.outcome("rolled back").says("unpaid").in_service(web="v1").failed_requests()
    assert "cannot answer `select count(*) from bills`: no such table: bills" in str(
        given.world.flight("status", "--json").json()
    ), "what is wrong with a query is shown, and decides nothing"


LONG = [stage("canary", 20, hold="60s"), stage("full", 100)]
CONFIGURATION = """\
global: {{scrape_interval: 250ms, scrape_timeout: 200ms}}
scrape_configs:
  - {{job_name: shop, static_configs: [{{targets: ['{address}']}}]}}
"""


class Prometheus:
    """A real one, that scrapes whether the shop is up."""

    def __init__(self, folder: Path, shop: str) -> None:
        program, self.address = shutil.which("prometheus"), free_address()
        if program is None:
            pytest.skip("prometheus is not installed; `make test` installs it")
        folder.mkdir()
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(address=shop))
        self._process = subprocess.Popen(
            # Debian's keeps its data in one place for all: what an earlier run left there would be answered too.
            [program, "--config.file=prometheus.yml", "--storage.tsdb.path=data",
             f"--web.listen-address={self.address}"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def knows(self, query: str, within: float = 30.0) -> None:
        """Wait until it has an answer to `query`."""
        give_up = time.monotonic() + within
        while not self._answer(query):
            assert time.monotonic() < give_up, "Prometheus has no answer"
            time.sleep(0.1)

    def _answer(self, query: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v1/query?query={query}", timeout=1) as answer:
                return json.load(answer)["data"]["result"]
        except (urllib.error.URLError, OSError):
            return None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def prometheus(world: World) -> Iterator[list[Prometheus]]:
    """Those that a test started."""
    started: list[Prometheus] = []
    yield started
    for each in started:
        each.end()


def test_a_real_prometheus_is_asked_and_decides_nothing_once_it_is_gone(
    given: Given, when: When, then: Then, prometheus: list[Prometheus]
) -> None:
    metrics = {"up": {"from": "prometheus", "url": "http://ADDRESS", "query": "count(up)", "unit": "number"}}
    given.a_shop(metrics=metrics, rules=[{"if": "up < 1", "then": "roll back"}], stages=LONG)
    prometheus.append(Prometheus(given.world.folder / "prometheus", given.world.addresses()["web"]))
    given.world.plan["metrics"]["up"]["url"] = f"http://{prometheus[0].address}"
    given.with_stable("v1").with_users()
    prometheus[0].knows("up")
    when.releasing("v2").it_comes_to("stage.started").until(lambda: last_reading(given, "up") == 1)
    prometheus[0].end()
    when.until(lambda: last_reading(given, "up") is None)
    when.seconds_pass(2)
    then.happened("rule.fired", times=0)
    when.somebody_says("promote")
    when.it_ends()
    then.outcome("released").in_service(web="v2").failed_requests().happened("rule.fired", times=0)


def last_reading(given: Given, metric: str) -> float | None:
    """Return what was read at the last look; None where it is not known."""
    looks = list(given.world.records.observations.of(given.world.release.id))
    readings = looks[-1].record["readings"] if looks else []
    return next((reading["value"] for reading in readings if reading["metric"] == metric), None)
