"""Asks supervisord: XML-RPC over its Unix socket, each call with a time limit. Every call blocks."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flightrules.domain.errors import ProcessFailed

ANSWER_SECONDS = 10.0
SHUTDOWN_STATE, BAD_NAME, SPAWN_ERROR, ALREADY_STARTED, NOT_RUNNING, ALREADY_ADDED = 6, 10, 50, 60, 70, 90
"""Faults that say what the state of the program shows anyway."""

STARTING, RUNNING, BACKOFF, STOPPING = 10, 20, 30, 40
"""States of a program."""

WITH_PROCESS = (STARTING, RUNNING, STOPPING)


class KeeperGone(Exception):
    """Nobody listens on the socket of supervisord."""


class KeeperSilent(ProcessFailed):
    """Somebody listens there, and does not answer: supervisord hangs, or was stopped."""


class Client:
    """Speaks to the supervisord that listens on `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def call(self, method: str, *arguments: Any, fine: tuple[int, ...] = ()) -> Any:
        """Call `supervisor.METHOD`; a fault in `fine` answers None.

        Raises `KeeperGone`, `KeeperSilent` when it does not answer in time, `ProcessFailed` when it refuses.
        """
        server = xmlrpc.client.ServerProxy("http://supervisord", transport=_Transport(self.path))
        try:
            return getattr(server.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode in fine:
                return None
            asked = f"{method}({', '.join(map(str, arguments))})"
            raise ProcessFailed(f"supervisord refused {asked}: {fault.faultString}") from fault
        except TimeoutError as error:
            what = f"supervisord at {self.path} did not answer within {ANSWER_SECONDS:g}s"
            raise KeeperSilent(
                what, "Look whether it is stopped, and at supervisord.log in the state folder."
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise KeeperGone from error

    def states(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what supervisord knows about every program, by name."""
        return {info["name"]: info for info in self.call("getAllProcessInfo")}


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(self._path)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_SECONDS)
        self.sock.connect(str(self._path))
