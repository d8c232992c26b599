"""A real PostgreSQL for tests: in a temporary folder, on a Unix socket, without a port, gone afterwards.

PostgreSQL refuses to run as root, so root runs it as the system's user `postgres`. `missing()` says why none can
be started here.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flightrules.domain.errors import FlightError

PASSWORD = "s3cret-of-the-owner"
OWNER = "owner"
"""The superuser; every other role is the test's own."""

_SETTINGS = (
    *("fsync=off", "full_page_writes=off", "autovacuum=off"),
    *("listen_addresses=", "shared_buffers=32MB", "max_connections=40", "max_prepared_transactions=2"),
)

HINT = "see that the user `postgres` may enter the folder for temporary files (TMPDIR), and that there is room in it"


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs. `socket` is the folder of its Unix socket, `pid` its first process."""

    socket: Path
    pid: int
    programs: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str = "postgres", user: str = OWNER, password: str = PASSWORD) -> str:
        """Return the address of a database on it."""
        return f"postgresql://{user}:{password}@/{database}?host={self.socket}"

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements, each by itself; return the rows of the last one."""
        import psycopg
        from psycopg.rows import tuple_row

        with psycopg.connect(self.url(database), autocommit=True, row_factory=tuple_row) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """Make an empty database with a name of its own; return the name."""
        name = f"shop_{next(self._numbers)}"
        self.execute(f"create database {name}")
        return name

    def restart(self) -> None:
        """Let it end all connections and start again, as an administrator would."""
        control = [str(self.programs / "pg_ctl"), "-D", str(self.socket / "data"), "-l", str(self.socket / "log")]
        _run([*control, "-m", "fast", "-w", "restart"], self.socket)

    def kill(self) -> None:
        """End it as a machine would that loses its power: nothing is written any more."""
        import psutil

        first = psutil.Process(_pid(self.socket))
        everybody = [first, *first.children(recursive=True)]
        for process in everybody:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(everybody, timeout=10)

    def start_again(self) -> None:
        """Start it after `kill`; it recovers by itself."""
        _serve(self.programs, self.socket)


def missing() -> str:
    """Return why no server can be started here; empty when it can."""
    if _programs() is None:
        return "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and (_user() is None or shutil.which("setpriv") is None):
        return "PostgreSQL refuses to run as root, and there is no user `postgres` (or no `setpriv`) to run it as"
    return ""


@contextlib.contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server in a folder of its own; end it and remove the folder afterwards."""
    server = start_server()
    try:
        yield server
    finally:
        stop_server(server.socket)


def start_server() -> PostgresServer:
    """Start a server that goes on when this process has ended; `stop_server` ends it. Raises `FlightError`."""
    programs = _programs()
    assert programs is not None and not missing(), missing()
    folder = Path(tempfile.mkdtemp(prefix="flight-pg-"))  # short: the path of a socket has room for 107 characters
    try:
        return PostgresServer(folder, _start(programs, folder), programs)
    except BaseException:
        stop_server(folder)
        raise


def stop_server(folder: Path) -> None:
    """End the server in `folder`, its `socket`, and remove the folder; nothing happens where there is none any more."""
    programs = _programs()
    if programs is not None and (folder / "data" / "postmaster.pid").exists():
        _stop(programs, folder)
    shutil.rmtree(folder, ignore_errors=True)


def _start(programs: Path, folder: Path) -> int:
    password, data = folder / "password", folder / "data"
    password.write_text(PASSWORD)
    if os.geteuid() == 0:
        user = _user()
        assert user is not None
        for path in (folder, password):
            os.chown(path, user.pw_uid, user.pw_gid)
    _run([str(programs / "initdb"), "-D", str(data), "-U", OWNER, "--auth=scram-sha-256", "--no-sync",
          "--locale=C.UTF-8", "--encoding=UTF8", f"--pwfile={password}"], folder)  # fmt: skip
    return _serve(programs, folder)


def _serve(programs: Path, folder: Path) -> int:
    data, log = str(folder / "data"), str(folder / "log")
    settings = "".join(f" -c {setting}" for setting in (*_SETTINGS, f"unix_socket_directories={folder}"))
    _run([str(programs / "pg_ctl"), "-D", data, "-l", log, "-o", settings, "-w", "start"], folder)
    return _pid(folder)


def _pid(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def _stop(programs: Path, folder: Path) -> None:
    try:
        _run([str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "-w", "stop"], folder)
    except (FlightError, subprocess.TimeoutExpired):
        with contextlib.suppress(OSError, IndexError, ValueError):
            os.kill(_pid(folder), signal.SIGKILL)


def _run(command: list[str], folder: Path) -> None:
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    # To a file: the server inherits it, and a pipe would stay open as long as the server runs.
    with (folder / "output").open("wb") as output:
        ended = subprocess.run(
            [*as_user, *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=60
        )
    if ended.returncode != 0:
        said = " ".join((folder / "output").read_text().split())
        raise FlightError(f"{Path(command[0]).name} of PostgreSQL ended with {ended.returncode}: {said}", HINT)


def _programs() -> Path | None:
    """Return the folder with `initdb` and `pg_ctl`: that of the newest version, or wherever the path leads."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).resolve().parent if there else None


def _user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None
