"""`flight` at a terminal of its own, with somebody who types."""

import contextlib
import os
import pty
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.stories.flights import FLIGHT


class Terminal:
    """A terminal of 100 by 40 characters in which one command runs in the foreground."""

    def __init__(self, words: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.shown = ""
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", 'stty rows 40 cols 100; exec "$0" "$@"', FLIGHT, *words],
            cwd=folder,
            env={**os.environ, **environment, "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=lambda: os.login_tty(theirs),
        )
        os.close(theirs)
        os.set_blocking(self._ours, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def said(self) -> str:
        self._read()
        return self.shown

    def leave(self) -> None:
        """Close the terminal, as somebody does who closes its window."""
        with contextlib.suppress(OSError):
            os.close(self._ours)
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()

    def types(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def shows(self, text: str, within: float = 30.0) -> None:
        """Wait until `text` was shown since the last call."""
        give_up = time.monotonic() + within
        while text not in self.said:
            assert time.monotonic() < give_up, f"{text!r} was not shown:\n{self.shown[-4000:]}"
            time.sleep(0.02)
        self.shown = self.shown[self.shown.index(text) + len(text) :]

    def ends(self, status: int, within: float = 30.0) -> None:
        """Wait until the command has ended."""
        give_up = time.monotonic() + within
        while self.running:
            self._read()  # a terminal that nobody reads would stop the command
            assert time.monotonic() < give_up, f"it goes on:\n{self.shown[-4000:]}"
            time.sleep(0.02)
        self._read()
        assert self._process.returncode == status, self.shown[-4000:]

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            while read := os.read(self._ours, 65536):
                self.shown += read.decode(errors="replace")
