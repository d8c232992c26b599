"""Steady traffic is steady, records every answer and every missing one, and ends by itself."""

import asyncio
import json
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from flightrules.clocks.system import SystemClock
from flightrules.testing.steady_traffic import ROUTES, Load, SteadyTraffic
from flightrules.testing.traffic_process import TrafficProcess
from flightrules.testing.traffic_records import Record, TrafficFile, acknowledged_orders

PROGRAM = (sys.executable, "-m", "flightrules.testing.steady_traffic")


class Service:
    """A service that remembers who asked, gives each user a cookie, and can be told to be slow or to fail."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str, str]] = []
        self.orders: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.status = 200
        self.delay = 0.0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path_qs, request.cookies.get("user", "")))
        if request.method == "POST":
            self.bodies.append(await request.json())
            self.orders.append(str(self.bodies[-1]["reference"]))
        await asyncio.sleep(self.delay)
        response = web.Response(text="fine", status=self.status, headers={"x-shop-version": "v1"})
        if "user" not in request.cookies:
            response.set_cookie("user", str(len(self.asked)))
        return response


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    served = Service()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


def unused_url() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


async def send(load: Load) -> list[Record]:
    records: list[Record] = []
    await SteadyTraffic(load, SystemClock(), records.append).run()
    return records


def test_every_user_goes_through_all_of_the_mix() -> None:
    load = Load("", per_second=1, users=500)
    seen: dict[int, set[tuple[str, str]]] = {}
    for number in range(load.users * len(ROUTES)):
        seen.setdefault(load.user(number), set()).add(load.route(number))
    assert len(seen) == load.users
    assert all(routes == set(ROUTES) for routes in seen.values())


async def test_each_request_is_recorded_with_its_answer_and_each_user_brings_their_cookie_back(
    service: Service,
) -> None:
    # A user comes every quarter of a second: also a busy machine answers before the same user asks again.
    records = await send(Load(service.url, per_second=80, users=20, seconds=1.0))
    assert len(records) == len(service.asked) == 80
    assert {(record.status, record.version, record.failure) for record in records} == {(200, "v1", "")}
    assert Counter((record.method, record.path) for record in records) == Counter(
        (method, path) for method, path, _ in service.asked
    )
    cookies = Counter(cookie for _, _, cookie in service.asked if cookie)
    assert len(cookies) >= 20
    assert sum(cookies.values()) >= 50


async def test_each_order_has_a_reference_of_its_own_which_is_remembered(service: Service) -> None:
    service.status = 201
    records = await send(Load(service.url, per_second=200, users=20, seconds=0.5, series="demo-"))
    placed = acknowledged_orders(records)
    assert len(placed) == len(set(placed)) == sum(record.method == "POST" for record in records) > 0
    assert sorted(placed) == sorted(service.orders)
    assert all(order.startswith("demo-") for order in placed)
    assert {record.order for record in records if record.method == "GET"} == {""}


async def test_no_answer_is_recorded_as_a_failure_with_its_reason() -> None:
    (record,) = await send(Load(unused_url(), per_second=10, seconds=0.1))
    assert (record.status, record.version, record.failed) == (None, None, True)
    assert record.failure.startswith("ClientConnectorError: Cannot connect to host 127.0.0.1:")


async def test_a_service_that_slows_down_is_sent_just_as_much(service: Service) -> None:
    service.delay = 0.3
    records = await send(Load(service.url, per_second=100, seconds=0.3))
    assert len(records) == 30
    assert max(record.at for record in records) - min(record.at for record in records) < 0.6
    assert all(record.seconds >= 0.3 for record in records)


async def test_the_number_of_requests_is_bounded_whatever_the_time(service: Service) -> None:
    assert len(await send(Load(service.url, per_second=500, seconds=3600, most=7))) == 7


@pytest.mark.slow
async def test_as_a_program_it_ends_on_sigterm_with_a_summary_and_everything_recorded(
    service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "records"
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--url", service.url, "--per-second", "100", "--records", str(path), stdout=asyncio.subprocess.PIPE
    )
    while len(service.asked) < 50:
        await asyncio.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    said, _ = await process.communicate()
    summary, records = json.loads(said), TrafficFile(path).new()
    assert process.returncode == 0
    assert summary["requests"] == len(records) == len(service.asked)
    assert summary["by_version"] == {"v1": {"requests": len(records), "failed": 0}}


@pytest.mark.slow
async def test_the_program_asks_another_service_what_that_one_answers(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "records"
    words = ("--most", "20", "--users", "5", "--series", "a-", "--body", '{"code": "x = 1"}', "--records", str(path))
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "--url", service.url, *words, "--route", "GET /health?full=1", "--route", "POST /api/reviews",
        "--version-header", "Content-Type", stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0
    assert {asked[:2] for asked in service.asked} == {("GET", "/health?full=1"), ("POST", "/api/reviews")}
    assert sorted(service.orders) == sorted(record.order for record in TrafficFile(path).new() if record.order)
    assert service.bodies == [{"code": "x = 1", "reference": order} for order in service.orders]
    assert {record.version for record in TrafficFile(path).new()} == {"text/plain; charset=utf-8"}


@pytest.mark.slow
async def test_the_program_ends_when_the_process_that_wanted_it_is_gone(service: Service) -> None:
    starts_it = "import subprocess, sys, os; subprocess.Popen([*sys.argv[1:], '--parent', str(os.getpid())])"
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{starts_it}; import time; time.sleep(600)", *PROGRAM, "--url", service.url
    )
    while len(service.asked) < 20:
        await asyncio.sleep(0.02)
    (traffic,) = psutil.Process(parent.pid).children()
    parent.kill()
    await parent.wait()
    assert await asyncio.to_thread(psutil.wait_procs, [traffic], 5) == ([traffic], [])


def _the_program_below(parent: psutil.Process) -> psutil.Process:
    """The traffic among the children: a run of many tests may have others, a tracker of shared memory for one."""
    (process,) = (child for child in parent.children() if PROGRAM[-1] in child.cmdline())
    return process


@pytest.mark.slow
async def test_two_hundred_requests_a_second_cost_less_than_a_quarter_of_a_core(
    service: Service, tmp_path: Path
) -> None:
    async with TrafficProcess(Load(service.url, per_second=200, seconds=60), tmp_path / "records") as traffic:
        while len(traffic.records()) < 100:
            await asyncio.sleep(0.05)
        process = _the_program_below(psutil.Process())
        before, at = process.cpu_times(), traffic.records()[-1].at
        await asyncio.sleep(4)
        after, seconds = process.cpu_times(), traffic.records()[-1].at - at
        used = (after.user + after.system - before.user - before.system) / seconds
    print(f"{used:.1%} of a core at {len(service.asked)} requests; {traffic.summary['latest_start_seconds']} s late")
    assert used < 0.25
    assert traffic.summary["requests"] == len(traffic.records()) == len(service.asked)
    assert traffic.summary["failed"] == 0
