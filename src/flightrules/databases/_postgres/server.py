"""Connections to a PostgreSQL server, and what goes wrong with them in words that never hold the password."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flightrules.databases._postgres.written_address import ENCODE, WHY, is_misread
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.ports.options import Secret

if TYPE_CHECKING:
    from psycopg import AsyncConnection

OLDEST = 14
CONNECT_SECONDS = 10

_STEADY = (
    ("timezone", "UTC"), ("datestyle", "ISO, YMD"), ("intervalstyle", "iso_8601"), ("extra_float_digits", "1"),
    ("bytea_output", "hex"), ("row_security", "off"), ("search_path", "pg_catalog"), ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"), ("lock_timeout", "0"),
)  # fmt: skip
"""Settings under which a value looks the same in every session and on every server. With row security off, a table
whose policies would hide rows is an error, where it would otherwise be counted wrong."""


@dataclass(frozen=True)
class Server:
    """A server, by the address of the plan's database on it. `name` is the database's name in the plan."""

    name: str
    url: Secret
    maintenance: str = "postgres"

    @property
    def database(self) -> str:
        """The plan's database as the server names it. Raises `DatabaseUnusable` where `url` does not say."""
        found = self._parts().get("dbname")
        if not found:
            raise DatabaseUnusable(
                f"the `url` of database {self.name} names no database",
                "Write it as postgresql://USER:PASSWORD@HOST/DATABASE.",
            )
        return str(found)

    @property
    def user(self) -> str:
        """Who connects, as `url` says; empty where it does not."""
        return str(self._parts().get("user", ""))

    @property
    def secrets(self) -> Mapping[str, str]:
        """The environment that tells PostgreSQL's own programs what must not be seen in a list of processes."""
        password = self._parts().get("password")
        return {"PGPASSWORD": str(password)} if password else {}

    def address(self, database: str | None = None) -> str:
        """Return where a database is, for PostgreSQL's own programs, without the password."""
        from psycopg.conninfo import make_conninfo

        parts = {key: value for key, value in self._parts().items() if key != "password"}
        return make_conninfo("", **{**parts, "dbname": database or self.database})

    @contextlib.asynccontextmanager
    async def connected(self, database: str | None = None) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """Connect to a database (the plan's own without a name); every statement stands by itself.

        Raises `DatabaseUnusable` when there is no connection, `DatabaseFailed` when a statement fails.
        """
        import psycopg

        connection = await self.connect(database or self.database)
        try:
            async with connection:
                yield connection
        except psycopg.Error as error:
            raise DatabaseFailed(
                f"PostgreSQL refused what database {self.name} was asked for: {first_line(error)}",
                "See the server's log for more.",
            ) from error

    @contextlib.asynccontextmanager
    async def steady(self, database: str | None = None) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """Connect for comparing: values look the same in every such session."""
        async with self.connected(database) as connection:
            for setting, value in _STEADY:
                await connection.execute("select set_config(%s, %s, false)", (setting, value))
            yield connection

    async def connect(self, database: str) -> AsyncConnection[tuple[Any, ...]]:
        """Return a connection that the caller closes. Raises `DatabaseUnusable`."""
        import psycopg
        from psycopg.rows import tuple_row

        parts = {"connect_timeout": CONNECT_SECONDS, "application_name": "flight", **self._parts(), "dbname": database}
        try:
            connection = await psycopg.AsyncConnection.connect(
                **parts,
                autocommit=True,
                row_factory=tuple_row,
            )
        except psycopg.Error as error:
            raise self._unreachable(database, first_line(error)) from None
        if connection.info.server_version // 10000 < OLDEST:
            version = connection.info.server_version
            await connection.close()
            raise too_old(self.name, version)
        return connection

    def _parts(self) -> dict[str, Any]:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        address = self.url.get_secret_value()
        if is_misread(address):
            what = f"the `url` of database {self.name} cannot be read as it is meant: {WHY}"
            raise DatabaseUnusable(what, f"{ENCODE[0].upper()}{ENCODE[1:]}.")
        try:
            return dict(conninfo_to_dict(address))
        except psycopg.Error:
            # The library's own words quote the address, with the password in it.
            raise DatabaseUnusable(
                f"the `url` of database {self.name} is no address of PostgreSQL",
                "Write it as postgresql://USER:PASSWORD@HOST/DATABASE; percent-encode what is special in the password.",
            ) from None

    def _unreachable(self, database: str, said: str) -> DatabaseUnusable:
        said = said.rsplit("FATAL:", 1)[-1].strip()
        for secret in self.secrets.values():
            said = said.replace(secret, "…")
        return DatabaseUnusable(f"database {self.name} ({database}) cannot be reached: {said}", _advice(said))


def too_old(name: str, version: int) -> DatabaseUnusable:
    """Return the refusal of a server; `version` as PostgreSQL has it: 130014 for 13.14."""
    return DatabaseUnusable(
        f"database {name} is on PostgreSQL {version // 10000}.{version % 10000}; Flight Rules needs {OLDEST} or later",
        "Upgrade the server, or use the kind `command` with commands of your own.",
    )


def first_line(error: Exception) -> str:
    """Return what an error says, on one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).strip()


def _advice(said: str) -> str:
    if "password" in said or "authentication" in said or "role" in said:
        return "Check the user and the password in `url`."
    if "does not exist" in said:
        return "Check the name of the database in `url`, or create it."
    return "Check host and port in `url`, and that the server runs and accepts connections from here."
