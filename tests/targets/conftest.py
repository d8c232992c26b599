"""Services of a few lines, and targets that really run them."""

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.ports.target import Target
from flightrules.processes.supervisord import Supervisord
from flightrules.targets import local
from flightrules.testing.fake_fence import FakeFence

SERVER = """
import http.server, json, os, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(dict(os.environ)).encode())

print("listening")
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""

MakeTarget = Callable[..., Target]


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path, with something odd in it, that holds plan and state."""
    home = Path(tempfile.mkdtemp(prefix="flight ö% "))
    yield home
    shutil.rmtree(home)


@pytest.fixture
async def processes(home: Path) -> AsyncIterator[Supervisord]:
    supervisord = Supervisord(home / ".flight" / "processes", SystemClock())
    yield supervisord
    await supervisord.close()


@pytest.fixture
def make(home: Path, processes: Supervisord) -> MakeTarget:
    """Make the target of the service `web`, with these options instead of the usual."""

    def target(version_from: str = "argument", plan_folder: Path = home, **options: object) -> Target:
        usual = {
            "start": f"{sys.executable} -u app.py",
            "directory": "versions/$version" if version_from == "argument" else ".",
            "health": {"http": "/health", "within": 15},
        }
        return local.create(
            local.Options.model_validate(usual | options),
            service="web",
            folder=home / ".flight" / "web",
            plan_folder=plan_folder,
            version_from=version_from,
            processes=processes,
            fence=FakeFence(),
            clock=SystemClock(),
        )

    return target


@pytest.fixture
def version(home: Path) -> Callable[..., Path]:
    """Put a version of the service into its directory."""

    def put(name: str, code: str = SERVER) -> Path:
        (folder := home / "versions" / name).mkdir(parents=True)
        (folder / "app.py").write_text(code)
        return folder

    return put
