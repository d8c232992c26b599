"""A number that a command prints: its last line, or a field of the JSON that it prints.

The version and the service come in environment variables, never into the shell line, so that no name can be
taken for a command. Before this source returns the command is ended with all that it started: on time-out, when the
asking is given up, and when it left something behind, since it runs again at the next look. Where `flight` itself
was killed, the next one does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration, size
from flightrules.domain.measured import at_path, document, last_line, number
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Sample
from flightrules.metric_sources import _versions
from flightrules.ports.marks import Marks
from flightrules.ports.metric_source import Question
from flightrules.ports.options import Duration, Secret

LARGEST = 1 << 20
"""The largest output that is read, in bytes."""

END_WITHIN = 1.0

_VERSION = re.compile(r"\$\{?(version|digest)\b", re.IGNORECASE)


class Options(BaseModel):
    """The command, and what to take from its output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: Annotated[
        str,
        Field(min_length=1, description="A shell line, run in the plan's folder, with $VERSION, $DIGEST and $SERVICE"),
    ]
    value: Annotated[
        str | None,
        Field(min_length=1, description="Where in the JSON that it prints the number is; the last line without it"),
    ] = None
    per_version: Annotated[
        bool | None,
        Field(
            description="Whether it runs once for each version; without it, if the line mentions $VERSION or $DIGEST"
        ),
    ] = None
    environment: Annotated[dict[str, Secret], Field(description="Further environment variables")] = {}
    within: Annotated[Duration, Field(gt=0, description="How long it may run")] = 5.0


def unit_of(name: str, options: Options) -> Unit | None:
    """Return None: only the plan can say in which unit the number is."""
    return None


def create(
    options: Options, *, name: str, service: str, plan_folder: Path, marks: Marks, **unused: Any
) -> CommandSource:
    """Return the source."""
    return CommandSource(options, plan_folder, marks, f"{service}/{name}")


class CommandSource:
    """Runs a command for a number."""

    def __init__(self, options: Options, folder: Path, marks: Marks, name: str) -> None:
        self._options = options
        self._folder = folder
        self._marks = marks
        self._name = name
        self.within = options.within

    async def read(self, question: Question) -> Sample:
        """Return one value a version, or one for all. Raises `SourceUnreachable`."""
        wanted = self._options.per_version
        apart = bool(_VERSION.search(self._options.run)) if wanted is None else wanted
        return await (_versions.each if apart else _versions.once)(question, self._ask)

    async def _ask(self, known: dict[str, str]) -> float | None:
        name = f"{self._name}/{known.get('version', 'all')}"
        process = await self._start(known, self._marks.environment(name))
        status, errors = None, b""
        try:
            async with asyncio.timeout(self._options.within):
                output, errors = await asyncio.gather(_read(process, process.stdout), _read(process, process.stderr))
                status = await process.wait()
        except TimeoutError as error:
            raise SourceUnreachable(f"the command did not end within {duration(self._options.within)}") from error
        finally:
            if status is None or _left_some_behind(process):
                await self._end(process, name)
        if max(len(output), len(errors)) > LARGEST:
            raise SourceUnreachable(f"the command printed more than {size(LARGEST)}")
        if status != 0:
            raise SourceUnreachable(f"the command ended with status {status}{self._last_words(errors)}")
        return self._value(output.decode(errors="replace"))

    async def _end(self, process: asyncio.subprocess.Process, name: str) -> None:
        """End the command with all that it started, and wait until its output is closed."""
        if not _kill(process):
            await asyncio.to_thread(self._marks.kill, name)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_WITHIN):
                await asyncio.gather(_read(process, process.stdout), _read(process, process.stderr))
                await process.wait()

    async def _start(self, known: dict[str, str], mark: Mapping[str, str]) -> asyncio.subprocess.Process:
        secrets = {name: value.get_secret_value() for name, value in self._options.environment.items()}
        names = {case(name): value for name, value in known.items() for case in (str.upper, str.lower)}
        try:
            return await asyncio.create_subprocess_shell(
                self._options.run,
                cwd=self._folder,
                env={**os.environ, **secrets, **names, **mark},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SourceUnreachable(f"the command could not be started: {error}") from error

    def _value(self, output: str) -> float | None:
        if not output.strip():
            return None
        try:
            if self._options.value is None:
                return last_line(output)
            return number(at_path(document(output), self._options.value), f"`{self._options.value}`")
        except SourceUnreachable as error:
            raise SourceUnreachable(f"what the command printed: {error.what}") from error

    def _last_words(self, errors: bytes) -> str:
        said = errors.decode(errors="replace")
        for secret in self._options.environment.values():
            if secret.get_secret_value():
                said = said.replace(secret.get_secret_value(), "…")
        lines = said.strip().splitlines()  # only now: a part of a secret would not be recognized any more
        return f": {lines[-1][:200]}" if lines else ""


async def _read(process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None) -> bytes:
    """Return what the command writes, up to its end; at one byte too many, the command is ended."""
    assert stream is not None
    output = bytearray()
    while part := await stream.read(1 << 16):
        output += part[: LARGEST + 1 - len(output)]
        if len(output) > LARGEST:
            _kill(process)
    return bytes(output)


def _kill(process: asyncio.subprocess.Process) -> bool:
    """Kill the command's process group; return whether it still was the command's.

    Once the shell that led it was waited for, its number may be another's. Where only dead processes are left in it,
    some systems say that it is not ours.
    """
    if process.returncode is not None:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    return True


def _left_some_behind(process: asyncio.subprocess.Process) -> bool:
    """Return whether somebody is left in the group of a command that has ended; it may be another's group by now."""
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
