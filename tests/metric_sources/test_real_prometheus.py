"""The Prometheus source against a real Prometheus that scrapes a small exporter of two versions."""

import asyncio
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from flightrules.cli.main import app
from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Gauge
from flightrules.metric_sources import prometheus
from flightrules.phases.asking import PatientSource
from flightrules.ports.metric_source import Question
from tests.simulation.flights import HEAD, RULES, STAGES

pytestmark = pytest.mark.slow

V1, V2 = Version('shop "1"', "1" * 40), Version("v2", "2" * 40)
BOTH = Question("web", {CANDIDATE: V2, STABLE: V1})
FIGURES = """\
shop_hit_rate{version="shop \\"1\\"",service="web"} 90
shop_hit_rate{version="v2",service="web"} 71.5
shop_odd{version="v2",service="web"} NaN
shop_requests_total{version="v2",service="web"} 100
"""
CONFIGURATION = """\
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
  - {{job_name: shop, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}
"""


class Exporter(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(FIGURES.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def exporter() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def url(exporter: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed; `make test` installs it")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text(CONFIGURATION.format(port=exporter))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                "--web.listen-address=127.0.0.1:0",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        asyncio.run(scraped(process, folder))
        yield address(process)
    finally:
        process.kill()
        process.wait()


def address(process: "subprocess.Popen[bytes]") -> str:
    """Return where the process listens; it chose a free port by itself."""
    listening = [c.laddr for c in psutil.Process(process.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    return f"http://127.0.0.1:{listening[0].port}" if listening else ""


async def scraped(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, (folder / "log").read_text()
        if (url := address(process)) and has_figures(url):
            return
        await asyncio.sleep(0.1)
    raise AssertionError((folder / "log").read_text())


def has_figures(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/v1/query?query=shop_hit_rate", timeout=2) as answer:
            return bool(json.load(answer)["data"]["result"])
    except (urllib.error.URLError, OSError):
        return False


def source(url: str, query: str) -> prometheus.PrometheusSource:
    nothing = dict.fromkeys(("target", "router", "clock", "marks"))
    about = {"name": "n", "service": "web", "plan_folder": Path(), **nothing}
    return prometheus.create(prometheus.Options(query=query, url=url), **about)


async def refusal(url: str, query: str) -> str:
    with pytest.raises(SourceUnreachable) as refused:
        await source(url, query).read(BOTH)
    return refused.value.what.partition(": ")[2]


async def test_each_version_has_its_own_value_also_with_quotes_in_its_name(url):
    sample = await source(url, 'avg(shop_hit_rate{version="$version",service="$service"})').read(BOTH)
    assert sample == {V1.key: Gauge(90.0), V2.key: Gauge(71.5)}


async def test_without_the_version_there_is_one_value_for_all(url):
    assert await source(url, "avg(shop_hit_rate)").read(BOTH) == {ALL: Gauge(80.75)}
    assert await source(url, "scalar(sum(shop_requests_total))").read(BOTH) == {ALL: Gauge(100.0)}


async def test_a_version_that_has_no_series_is_left_out(url):
    assert await source(url, 'shop_requests_total{version="$version"}').read(BOTH) == {V2.key: Gauge(100.0)}


async def test_what_is_no_number_is_no_measurement(url):
    assert await source(url, "shop_odd").read(BOTH) == {}
    assert await source(url, "sum(shop_hit_rate) / 0").read(BOTH) == {}


async def test_several_series_are_refused_with_what_to_write(url):
    assert await refusal(url, "shop_hit_rate") == (
        "the query gives 2 series, not one; aggregate them, for example with sum(…) or max(…)"
    )


async def test_a_range_is_refused_with_what_to_write(url):
    assert await refusal(url, "shop_odd[1m]") == (
        "the query gives a range, not one value; wrap it, for example in avg_over_time(…)"
    )


async def test_a_wrong_query_is_refused_in_the_words_of_prometheus(url):
    assert (await refusal(url, "sum(")).startswith("the query was refused: ")
    assert "parse error" in await refusal(url, "sum(")


async def test_a_prometheus_that_is_gone_is_unreachable_and_decides_nothing():
    answer = await PatientSource(source("http://127.0.0.1:1", "up"), SystemClock()).ask(BOTH, 0)
    assert answer.sample == {}
    assert answer.why.startswith("http://127.0.0.1:1/api/v1/query did not answer: ")


async def test_a_range_of_a_counter_is_read_for_one_version(url):
    now = SystemClock().now()
    options = prometheus.Options(query='shop_requests_total{version="$version"}', url=url)
    values = await prometheus.series(options, {"version": "v2"}, prometheus.Range(now - 10, now, 0.5))
    assert values
    assert set(values.values()) == {100.0}


async def until_scraped_often(url: str) -> None:
    options = prometheus.Options(query="sum(shop_requests_total)", url=url)
    for _ in range(100):
        now = SystemClock().now()
        if len(await prometheus.series(options, {}, prometheus.Range(now - 10, now, 0.5))) > 3:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it is not scraped any more")


def test_a_plan_is_flown_against_a_range(url, tmp_path):
    (tmp_path / "flight.yaml").write_text(HEAD + STAGES + RULES)
    asyncio.run(until_scraped_often(url))
    now = SystemClock().now()
    result = CliRunner().invoke(
        app,
        [
            "simulate", "--plan", str(tmp_path / "flight.yaml"), "--prometheus", url, "--json", "--step", "500ms",
            "--from", str(now - 10), "--until", str(now), "--candidate", "v2", "--stable", 'shop "1"',
            "--query", 'requests=sum(shop_requests_total{version="$version"})',
        ],
    )  # fmt: skip
    said = json.loads(result.stdout)
    assert (said.get("end"), said["exit_status"]) == ("undecided", 3), said
    assert said["says"].startswith("the readings end ")
