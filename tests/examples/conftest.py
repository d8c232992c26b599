"""Builds a version of the shop in a place of its own, as the plan says, and runs it as a process."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@dataclass
class RunningShop:
    url: str
    process: subprocess.Popen[str]

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, **options)

    def statuses(self, path: str, visits: int) -> list[int]:
        with httpx.Client() as client:
            return [client.get(self.url + path).status_code for _ in range(visits)]

    def end(self) -> str:
        """End it as a target does; return what it still printed."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=10)[0]


def build(version: str, place: Path, shop: Path = SHOP) -> Path:
    """Build a version of the shop that lies in the folder `shop`."""
    plan = yaml.safe_load((SHOP / "flight.yaml").read_text())
    target = plan["services"]["web"]["target"]
    source = SHOP / target["directory"].replace("$version", version)
    built = place / version
    shutil.copytree(source, built, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(target["build"], shell=True, cwd=built, env=os.environ | {"PLAN_FOLDER": str(shop)}, check=True)
    return built


def start(built: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "app.py", "--port", "0"],
        cwd=built,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def serving(process: subprocess.Popen[str]) -> RunningShop:
    """Return the shop that `start` started, once it has said where it serves."""
    assert process.stdout
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    assert found, f"{process.args} did not say where it serves: {said!r}"
    return RunningShop(found.group(), process)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Callable[[str], RunningShop]]:
    running: list[subprocess.Popen[str]] = []

    def run(version: str) -> RunningShop:
        running.append(start(build(version, tmp_path)))
        return serving(running[-1])

    yield run
    for process in running:
        process.kill()
        process.communicate()
