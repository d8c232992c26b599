"""Durable execution on DBOS, with the guards that its sharp edges need.

Each guard is named where it is applied; docs/decisions/0001-durable-execution.md has the measurements. No
signal travels through DBOS: a step listens to the inbox by itself, which is quicker than DBOS's own polling.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from flightrules.domain.errors import Fenced, StateUnusable
from flightrules.engine.durable import Durable, Json

WORKFLOWS_AS_OF = "1"
"""Pinned: DBOS would use a hash of the workflow's source, and an upgrade would strand running releases.

It changes only together with a DBOS patch (`DBOS.patch`) for releases that are under way.
"""

CarryOut = Callable[[str, Durable], Coroutine[Any, Any, str]]
"""Carries out the release with this id and returns its outcome."""

MakeRoom = Callable[[], object]
"""Called when the database could not be written: frees what was kept for a full disk."""

TRY_AGAIN_AFTER = 1.0
"""Seconds until a release goes on whose engine could not write, for instance because the disk was full."""

SURPRISES = 3
"""How often a release goes on in this process after something went wrong that is not about writing the database."""

QUICKLY, CALMLY = 0.05, 4.0
"""Seconds between two looks for a release that a killed process left: until one goes on, and from then on."""

log = logging.getLogger(__name__)


class Interrupted(BaseException):
    """Ends this process's part of a workflow and nothing else.

    No `Exception`, since DBOS would record one as the end of the workflow, and from such an end there is no way on:
    neither recovery nor `resume_workflow` touches it. asyncio's cancellation would be recorded like that too.
    """


class DbosSteps:
    """Steps of the workflow that is running."""

    async def step(self, name: str, body: Callable[[], Coroutine[Any, Any, Json]]) -> Json:
        """Run `body` as a step that DBOS records."""

        async def carried_out() -> Json:  # DBOS tells from the function itself whether to await it
            return await body()

        return await DBOS.run_step_async({"name": name}, carried_out)


class DbosEngine:
    """Runs releases so that each ends the same way, however often the process is killed.

    One engine a process; the caller holds the lease on the state folder (a second process on the same SQLite
    file would take over workflows that are alive).
    """

    def __init__(self, database: Path, carry_out: CarryOut, make_room: MakeRoom = lambda: None) -> None:
        self._database = database
        self._carry_out = carry_out
        self._make_room = make_room
        self._closing = threading.Event()
        self._endings: dict[str, Future[str]] = {}
        self._surprises: Counter[str] = Counter()
        self._workflow = DBOS.workflow(name="release", max_recovery_attempts=None)(self._as_workflow())

    def launch(self) -> None:
        """Start DBOS; releases that had not ended go on by themselves. Raises `StateUnusable`."""
        with self._in_words():
            _use_write_ahead_log(self._database)
            self._dbos = DBOS(config=self._config())
            _look_for_left_releases(self._dbos, QUICKLY)
            DBOS.launch()

    def start(self, release: str) -> None:
        """Start the release, or go on with it where it was; asking again changes nothing. Raises `StateUnusable`."""
        with self._in_words(), SetWorkflowID(release):
            DBOS.start_workflow(self._workflow, release)

    def ending(self, release: str) -> Future[str]:
        """Return the future that gets the outcome of `release`, or the error that ended this process's part."""
        return self._endings.setdefault(release, Future())

    def close(self) -> None:
        """Stop working; what had not ended goes on at the next launch."""
        self._closing.set()
        DBOS.destroy(destroy_registry=True)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Let whoever begins hear of a database that cannot be written; the next attempt finds what room there was."""
        try:
            yield
        except (DBAPIError, sqlite3.OperationalError) as error:
            self._make_room()
            why = error.orig if isinstance(error, DBAPIError) else error
            raise StateUnusable(
                f"{self._database} cannot be written: {why}",
                "Make room or end what holds it, then repeat the command: it goes on where the release is.",
            ) from error

    def _config(self) -> DBOSConfig:
        return {
            "name": "flightrules",
            "system_database_url": URL.create("sqlite", database=str(self._database)).render_as_string(),
            # Never pickle: who can write the database must not be able to run code.
            "serializer": DBOSPortableJSONSerializer(),
            "application_version": WORKFLOWS_AS_OF,
            "executor_id": "local",
            # Nothing travels through DBOS's notifications (see the module's docstring), so a look costs nothing; the
            # thread that looks is waited for when the engine closes, so every command would end this much later.
            "notification_listener_polling_interval_sec": 0.1,
            "scheduler_polling_interval_sec": 3600.0,
            "max_executor_threads": 4,
            "log_level": "CRITICAL",
            "enable_otlp": False,
        }

    def _as_workflow(self) -> Callable[[str], Coroutine[Any, Any, str]]:
        async def release(release_id: str) -> str:
            _look_for_left_releases(self._dbos, CALMLY)
            try:
                return await self._carried_out(release_id)
            except asyncio.CancelledError as closing:
                raise Interrupted from closing

        return release

    async def _carried_out(self, release_id: str) -> str:
        try:
            outcome = await self._carry_out(release_id, DbosSteps())
        except Fenced as fenced:
            # Another process drives this release by now: not even its workflow's status is ours to change.
            self._give_up(release_id, fenced)
            raise Interrupted from fenced
        except Exception as error:  # the engine's edge: what went wrong here went wrong between two steps
            self._interrupted(release_id, error)
            raise Interrupted from error
        self.ending(release_id).set_result(outcome)
        return outcome

    def _interrupted(self, release: str, error: Exception) -> None:
        """Let the release go on from its last step, again and again while only the database cannot be written.

        Anything else is tried a few times and then ends this process's part: whoever drives the release must see
        what is wrong, and not a release that seems to hold.
        """
        self._surprises[release] += not isinstance(error, DBAPIError)
        if self._surprises[release] > SURPRISES:
            return self._give_up(release, error)
        log.warning("release %s was interrupted and goes on from its last step: %s", release, error)
        asyncio.get_running_loop().run_in_executor(None, self._resume, release)

    def _give_up(self, release: str, error: BaseException) -> None:
        if not self.ending(release).done():
            self.ending(release).set_exception(error)

    def _resume(self, release: str) -> None:
        """Go on with a release whose engine failed, as soon as the database can be written again."""
        while not self._closing.wait(TRY_AGAIN_AFTER):
            self._make_room()
            try:
                DBOS.resume_workflow(release)
            except Exception as error:  # noqa: BLE001 - the engine's edge: the disk may still be full
                log.warning("release %s cannot go on yet: %s", release, error)
            else:
                return


def _look_for_left_releases(dbos: DBOS, every: float) -> None:
    """Make DBOS look that often, in seconds, for a release to go on with; a look costs a transaction.

    It hands such a release to a queue of its own, whose pace it keeps to itself: at one look a second, a person
    would wait for that second after every restart.
    """
    dbos._registry.get_internal_queue()._polling_interval_sec = every


def _use_write_ahead_log(database: Path) -> None:
    """DBOS leaves the journal mode as it is; readers must not wait for writers."""
    with closing(sqlite3.connect(database, timeout=30.0)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
