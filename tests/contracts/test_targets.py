"""Every target keeps the contract: those of the package, and the fake that stands in for them."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flightrules import adapters
from flightrules.clocks.system import SystemClock
from flightrules.processes.supervisord import Supervisord
from flightrules.targets import local
from flightrules.targets._local.options import Health
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.fake_target import FakeTarget
from flightrules.testing.target_contract import TargetContract, TargetWorld

SERVER = """
import http.server, os

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""

BUILD = "case $VERSION in broken) echo no compiler; exit 7;; endless) sleep 60;; esac"


class TestTheFake(TargetContract):
    @pytest.fixture
    async def world(self) -> TargetWorld:
        fence = FakeFence()
        target = FakeTarget("v1", "v2", "broken", "endless", "ill", count=2, fence=fence)
        target.broken_builds.add("broken")
        target.endless_builds.add("endless")
        target.never_healthy.add("ill")
        return TargetWorld(target, fence, "v1", "v2", "broken", "endless", "ill", "v9", instances=2)


@pytest.mark.slow
class TestLocal(TargetContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[TargetWorld]:
        for name in ("v1", "v2", "broken", "endless", "ill"):
            (folder := tmp_path / "versions" / name).mkdir(parents=True)
            (folder / "app.py").write_text(SERVER.format(status=503 if name == "ill" else 200) + f"# {name}\n")
        options = local.Options(
            start=f"{sys.executable} app.py",
            build=BUILD,
            directory="versions/$version",
            health=Health(http="/health", within=5),
            instances=2,
        )
        fence, clock = FakeFence(), SystemClock()
        processes = Supervisord(tmp_path / "state" / "processes", clock)
        target = local.create(
            options,
            service="web",
            folder=tmp_path / "state" / "web",
            plan_folder=tmp_path,
            version_from="argument",
            processes=processes,
            fence=fence,
            clock=clock,
        )
        yield TargetWorld(target, fence, "v1", "v2", "broken", "endless", "ill", "v9", instances=2)
        await processes.close()


def test_no_target_of_the_package_goes_without_the_contract() -> None:
    covered = {name.removeprefix("Test").lower() for name in globals() if name.startswith("Test")}
    assert set(adapters.kinds(adapters.TARGETS)) <= covered
