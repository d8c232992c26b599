"""Carries out the `console` blocks of a page, in order, in a folder, and holds what they show against what is printed.

A block that begins with "console in a second terminal" is typed into that terminal, all others into the first. Where
the next block is for another terminal, a block is left running as soon as it printed what the page shows.
"""

import os
import re
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import Block

WITHIN = 90.0
"""Seconds that a block may take."""

ON_PAGES = "127.0.0.1:8080"
"""Where services listen on pages; here it is another port in each test."""

ANY, ANY_LINES = "…", r"(?:.*\n)*?"
ELSEWHERE = re.compile(r"pip install |git clone |make |cd path/|flight --version")
"""Lines that set up the machine: `make test` has done that before this test runs."""


def commands_in(block: Block) -> str:
    """What a person types."""
    return "".join(f"{line[2:]}\n" for line in block.text.splitlines() if line.startswith("$ "))


def shown_by(block: Block) -> re.Pattern[str]:
    """What is printed from the beginning on: `…` stands for any text in a line, alone for any lines.

    A command without anything below it may print what it likes.
    """
    pattern, said = "", True
    for line in block.text.splitlines():
        if line.startswith("$ "):
            pattern += "" if said else ANY_LINES
            said = False
        else:
            text = ".*".join(re.escape(part) for part in line.split(ANY))
            pattern += ANY_LINES if line == ANY else rf"{text}\n"
            said = True
    return re.compile(pattern if said else pattern + ANY_LINES)


@dataclass
class Terminal:
    """One of the reader's terminals."""

    folder: Path
    environment: Mapping[str, str]
    screen: Path
    running: subprocess.Popen[bytes] | None = None

    def type(self, block: Block, prepare: Callable[[str], str], keyboard: str) -> None:
        """Begin with `block`, once what was typed before has ended."""
        if self.running is not None:
            self.wait(block, (0, 1))  # another terminal may have called it back
        lines = prepare(commands_in(block))
        stop = "" if "echo $?" in lines else "set -e\n"
        keys = Path(f"{self.screen}.keyboard")
        keys.write_text(keyboard)
        with self.screen.open("wb") as screen, keys.open("rb") as typed:
            self.running = subprocess.Popen(
                ["bash", "-c", f"{stop}{lines}pwd >'{self.screen}.folder'\n"],
                cwd=self.folder, env=self.environment, start_new_session=True,
                stdin=typed, stdout=screen, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def wait(self, block: Block, fine: Sequence[int] = (0,)) -> str:
        """Return what is on the screen once everything that was typed has ended with a status that is fine."""
        assert self.running is not None
        try:
            status = self.running.wait(WITHIN)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{block} goes on after {WITHIN:g} s:\n{self.screen.read_text()}") from None
        assert status in fine, f"{block} ended with {status}:\n{self.screen.read_text()}"
        self.running = None
        if status == 0:
            self.folder = Path(Path(f"{self.screen}.folder").read_text().strip())
        return self.screen.read_text()

    def until_it_shows(self, shown: re.Pattern[str], block: Block) -> None:
        """Wait until everything is on the screen that the page shows."""
        give_up = time.monotonic() + WITHIN
        while not shown.match(self.screen.read_text()):
            assert self.running is not None
            assert self.running.poll() in (None, 0), f"{block}:\n{self.screen.read_text()}"
            assert time.monotonic() < give_up, f"{block} does not show what the page does:\n{self.screen.read_text()}"
            time.sleep(0.1)

    def close(self) -> None:
        """End what still runs, as closing the window would."""
        if self.running is not None and self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGTERM)
            try:
                self.running.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.running.pid, signal.SIGKILL)
                self.running.wait()


@dataclass
class Reader:
    """Somebody who follows a page. `before` is what they do by themselves before they type a block."""

    folder: Path
    listen: str
    keyboard: str = ""
    before: Callable[[Block], None] = lambda block: None
    terminals: dict[str, Terminal] = field(default_factory=dict)

    def follow(self, blocks: Sequence[Block]) -> None:
        """Do what the blocks say, from the first to the last."""
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            self.before(block)
            if block.kind in ("python", "sql"):
                (self.terminal("").folder / block.about).write_text(self.adapted(block.text))
            elif block.kind == "console":
                self._type(block, following)

    def _type(self, block: Block, following: Block | None) -> None:
        terminal, wanted = self.terminal(block.about), shown_by(block)
        terminal.type(block, self.adapted, self.keyboard)
        if following is not None and following.about != block.about and following.kind == "console":
            terminal.until_it_shows(wanted, block)
        elif not block.about:
            said = self.unadapted(terminal.wait(block))
            assert wanted.fullmatch(said), f"{block} shows something else:\n{said}"
        else:
            terminal.until_it_shows(wanted, block)

    def adapted(self, text: str) -> str:
        """The page's text with the port that is free here, without what sets up the machine."""
        lines = (line for line in text.splitlines() if not ELSEWHERE.match(line))
        return "".join(f"{line}\n" for line in lines).replace(ON_PAGES, self.listen)

    def unadapted(self, text: str) -> str:
        return text.replace(self.listen, ON_PAGES)

    def terminal(self, name: str) -> Terminal:
        if name not in self.terminals:
            first = self.terminals.get("")
            screen = self.folder.parent / f"screen-{len(self.terminals)}"
            self.terminals[name] = Terminal(first.folder if first else self.folder, _environment(), screen)
        return self.terminals[name]

    def leave(self) -> None:
        for terminal in self.terminals.values():
            terminal.close()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLIGHT_")}
    return {**kept, "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}", "TERM": "dumb"}
