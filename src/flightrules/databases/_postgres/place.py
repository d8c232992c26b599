"""Where the address of a PostgreSQL database leads: two addresses may be written differently and mean the same.

Read as libpq reads it: what the address leaves out comes from a service of its file, then from the environment, then
from what is usual. The passwords in it are of no interest here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import pwd
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._postgres.server import Server
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.ports.options import Secret

THIS_MACHINE = "this machine"

ANSWER_SECONDS = 5.0
"""How long the name service, and then the server, may take to say who is meant."""

_FROM_ENVIRONMENT = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
}  # fmt: skip
_ITSELF = """
    select system_identifier, (select oid from pg_database where datname = current_database()),
        pg_postmaster_start_time() from pg_control_system()
"""
"""A copy of the server's files has the same identifier and numbers, and was not started in the same microsecond."""


@dataclass(frozen=True)
class Place:
    """A database on a server. `host` is a name, a number, or `this machine`."""

    host: str
    port: str
    database: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.database}"


def places(url: str, environment: Mapping[str, str]) -> tuple[Place, ...]:
    """Return where `url` leads, each of its hosts; nowhere if it cannot be read. Nothing is asked, but of files."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        written = {name: str(value) for name, value in conninfo_to_dict(url).items() if value not in (None, "")}
    except psycopg.Error:
        return ()
    usual = {name: environment[variable] for name, variable in _FROM_ENVIRONMENT.items() if environment.get(variable)}
    service = written.get("service") or environment.get("PGSERVICE")
    said = {"port": "5432", **usual, **(_service(service, environment) if service else {}), **written}
    database = said.get("dbname") or said.get("user") or pwd.getpwuid(os.geteuid()).pw_name
    hosts = (said.get("hostaddr") or said.get("host", "")).split(",")
    ports = said["port"].split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return tuple(Place(_host(host), port or "5432", database) for host, port in zip(hosts, ports, strict=False))


def _host(written: str) -> str:
    written = written.strip().lower().rstrip(".")
    if written in ("", "localhost") or written[0] in "/@":  # a socket lies in a folder, or has a name that begins so
        return THIS_MACHINE
    try:
        address = ipaddress.ip_address(written.partition("%")[0])
    except ValueError:
        return written
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return THIS_MACHINE if address.is_loopback or address.is_unspecified else str(address)


def _service(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the first file of libpq that has the service says of it."""
    for file in _service_files(environment):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if found := dict(_section(name, file.read_text())):
                return found
    return {}


def _service_files(environment: Mapping[str, str]) -> Iterator[Path]:
    if environment.get("PGSERVICEFILE"):
        yield Path(environment["PGSERVICEFILE"])
    else:
        yield Path(environment.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir) / ".pg_service.conf"
    folders = (environment.get("PGSYSCONFDIR"), "/etc/postgresql-common", "/etc/sysconfig/pgsql", "/etc")
    yield from (Path(folder) / "pg_service.conf" for folder in folders if folder)


def _section(name: str, text: str) -> Iterator[tuple[str, str]]:
    within = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            within = line == f"[{name}]"
        elif within and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            yield key.strip(), value.strip()


async def found(url: Secret) -> frozenset[str]:
    """Return what the names in `url` stand for at this moment, and what the server says of itself, if it answers."""
    written = places(url.get_secret_value(), os.environ)
    addresses = [await asyncio.to_thread(_addresses, each) for each in written]
    return frozenset([*map(str, written), *(str(place) for some in addresses for place in some), *await _itself(url)])


def _addresses(place: Place) -> tuple[Place, ...]:
    try:
        answers = () if place.host == THIS_MACHINE else socket.getaddrinfo(place.host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    hosts = (str(answer[4][0]) for answer in answers)
    return tuple(Place(THIS_MACHINE if _is_ours(host) else _host(host), place.port, place.database) for host in hosts)


def _is_ours(address: str) -> bool:
    """Whether an address is one of this machine's: only to such a one can something be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


async def _itself(url: Secret) -> tuple[str, ...]:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            server = Server("", url)
            async with server.connected() as connection:
                ((cluster, number, started),) = await (await connection.execute(_ITSELF)).fetchall()
    except (DatabaseFailed, DatabaseUnusable, TimeoutError):
        return ()
    return (f"{cluster}/{number} since {started.timestamp()!r}",)
