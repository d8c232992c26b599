"""Ctrl-C, and the signals that end a process: nothing here ends a release without being told to.

At a terminal, Ctrl-C asks what is meant, and a second one leaves. Without a terminal, every signal leaves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import typer

QUESTION = """
[a]bort: take the release back now
[l]eave: traffic stays as it is, and nobody watches the rules until `flight run` goes on
[c]ontinue
What now? [a/l/c] """

WATCHING = """
[a]bort: take the release back now
[l]eave: the release goes on without you
[c]ontinue
What now? [a/l/c] """


ON_THE_WAY_BACK = """
[l]eave: traffic stays as it is, and nobody goes on with the way back until `flight run` does
[c]ontinue
What now? [l/c] """


class Choice(Enum):
    """What a person wants after Ctrl-C, by the first letter of the answer."""

    ABORT = "a"
    LEAVE = "l"
    CONTINUE = "c"


class Interrupts:
    """What arrived of the kernel's signals, and what the person says to it."""

    def __init__(self) -> None:
        self._came = asyncio.Event()
        self._ended = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals while the block runs, in the loop that runs it."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self._arrive, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def came(self) -> bool:
        """Return whether a signal arrived that was not answered yet."""
        return self._came.is_set()

    async def choice(self, question: str) -> Choice:
        """Ask `question`, and return what the person wants.

        A second signal, an end of input, or no terminal to ask in means to leave.
        """
        self._came.clear()
        if self._ended or not sys.stdin.isatty():
            return Choice.LEAVE
        typer.echo(question, nl=False, err=True)
        again = asyncio.ensure_future(self._came.wait())
        answer = asyncio.ensure_future(_line())
        done, waiting = await asyncio.wait((again, answer), return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        typer.echo("", err=True)
        return answer.result() if answer in done else Choice.LEAVE

    def _arrive(self, number: int) -> None:
        self._ended = self._ended or number != signal.SIGINT
        self._came.set()


async def _line() -> Choice:
    """Read one line from the terminal without keeping the loop from anything; an answer that is none continues."""
    loop, text = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), text.set)
    try:
        await text.wait()
        try:
            line = os.read(sys.stdin.fileno(), 100)
        except OSError:  # the terminal is gone
            line = b""
    finally:
        loop.remove_reader(sys.stdin.fileno())
    if not line:
        return Choice.LEAVE
    typed = line.decode(errors="replace").strip().lower()
    return next((choice for choice in Choice if typed.startswith(choice.value)), Choice.CONTINUE)
