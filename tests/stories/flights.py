"""The real `flight`, as a process of its own."""

import json
import os
import signal
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLIGHT = str(Path(sysconfig.get_path("scripts")) / "flight")


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    words: tuple[str, ...]
    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"`flight {' '.join(self.words)}` ended with {self.status} and said:\n{self.said}"


class Flight:
    """One command that runs. Its words go to files, so that no pipe can fill up."""

    def __init__(self, words: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> None:
        self.words = words
        folder.mkdir(parents=True)
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                [FLIGHT, *words],
                cwd=folder.parents[1],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def ended(self, within: float = 60.0) -> Ended:
        """Wait until it has ended by itself."""
        try:
            status = self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"`flight {' '.join(self.words)}` goes on after {within:g} s:\n{self.said}") from None
        return Ended(self.words, status, self._out.read_text(), self._err.read_text())

    @property
    def said(self) -> str:
        return self._out.read_text() + self._err.read_text()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def leave(self) -> None:
        """End it as a system that shuts down does; it leaves its release as it is."""
        if self.running:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
