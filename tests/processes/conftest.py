"""A real supervisord in a folder of the test's own, and programs for it to keep."""

import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.ports.processes import Program
from flightrules.processes.supervisord import Supervisord

MakeProgram = Callable[..., Program]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, so that a socket fits into it."""
    folder = Path(tempfile.mkdtemp(prefix="flight-"))
    yield folder / "processes"
    shutil.rmtree(folder)


@pytest.fixture
async def processes(folder: Path) -> AsyncIterator[Supervisord]:
    supervisord = Supervisord(folder, SystemClock())
    yield supervisord
    await supervisord.close()


@pytest.fixture
def token() -> str:
    """A word that only the programs of this test have in their command line."""
    return uuid.uuid4().hex


@pytest.fixture
def python(tmp_path: Path, token: str) -> MakeProgram:
    """Make a program of a few lines of Python."""

    def program(code: str, name: str = "app", **more: object) -> Program:
        return Program(name, (sys.executable, "-u", "-c", code, token), str(tmp_path), **more)

    return program


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()
