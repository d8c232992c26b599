"""Makes a database like another one, and marks it as ours: only what carries the mark is ever dropped or swapped in.

The mark is the database's comment. One that is still being restored says so; after a crash it is made anew.
What belongs to a database but not to its dump is carried over: owner, encoding, collation, rights, settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flightrules.domain.database_names import LONGEST, beside, fits
from flightrules.domain.errors import DatabaseFailed

if TYPE_CHECKING:
    from psycopg import AsyncConnection, sql

    Connection = AsyncConnection[tuple[Any, ...]]

RESTORING = "flight: being restored from a backup"
RESTORED = "flight: restored from a backup"
KEPT = "flight: kept when another took its place"
READ_ONLY = "default_transaction_read_only"

MAKING = "_flight_new"
"""How the name of a database ends that is just being made."""

BEING_MADE = 1_196_770_817
"""How many may connect to it: a number that nobody chooses, and the only mark that a database can be made with."""

_LISTS = {"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"}
"""Settings whose value is a list that is stored with the quotes it needs."""

_PROPERTIES = """
    select to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding),
        'owner', pg_get_userbyid(d.datdba), 'tablespace', t.spcname)
    from pg_database d join pg_tablespace t on t.oid = d.dattablespace where d.datname = %s
"""
_SETTINGS = """
    select r.rolname, split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)
    from pg_db_role_setting x join pg_database d on d.oid = x.setdatabase left join pg_roles r on r.oid = x.setrole,
        unnest(x.setconfig) s
    where d.datname = %s and split_part(s, '=', 1) <> 'default_transaction_read_only'
"""
_RIGHTS = """
    select case a.grantee when 0 then null else pg_get_userbyid(a.grantee) end, a.privilege_type, a.is_grantable
    from pg_database d, aclexplode(d.datacl) a where d.datname = %s
"""


async def mark(connection: Connection, database: str) -> str | None:
    """Return the comment of a database, empty where it has none; None where there is no such database."""
    cursor = await connection.execute(
        "select coalesce(shobj_description(oid, 'pg_database'), '') from pg_database where datname = %s", (database,)
    )
    found = await cursor.fetchone()
    return None if found is None else str(found[0])


async def set_mark(connection: Connection, database: str, text: str) -> None:
    """Comment on a database; an empty text takes the comment away."""
    from psycopg import sql

    comment = sql.Literal(text) if text else sql.SQL("null")
    await connection.execute(sql.SQL("comment on database {} is {}").format(sql.Identifier(database), comment))


async def create_like(connection: Connection, model: str, new: str) -> None:
    """Make the empty database `new` with everything that `model` has besides its content; it is marked as restoring.

    No transaction can make a database, nor can it be made with a comment. So it is made under a name of its own, with
    a limit of connections that marks it, and gets its comment, its own limit and its own name in one transaction: a
    process that is killed leaves none that looks like somebody else's. Raises `DatabaseFailed` where somebody else has
    one of that name.
    """
    from psycopg import sql

    making = making_name(new)
    await drop_half_made(connection, new)
    if await mark(connection, making) is not None:
        raise DatabaseFailed(
            f"there is a database {making}, which Flight Rules did not make; it is left as it is, and {new} is not "
            f"made: that is the name under which it would be",
            "Give it another name, or remove it if you are sure.",
        )
    ((properties,),) = await (await connection.execute(_PROPERTIES, (model,))).fetchall()
    described = sql.SQL(" ").join(_described(properties))
    await connection.execute(sql.SQL("create database {} {}").format(sql.Identifier(making), described))
    await _carry_settings(connection, model, making)
    if properties.get("datacl") is not None:
        await _carry_rights(connection, model, making)
    limit = sql.SQL("alter database {} with connection limit {}")
    async with connection.transaction():
        await connection.execute(limit.format(sql.Identifier(making), sql.Literal(properties["datconnlimit"])))
        await set_mark(connection, making, RESTORING)
        await rename(connection, making, new)


def making_name(new: str) -> str:
    """Return the name under which the database `new` is made."""
    return beside(new, MAKING)


async def drop_half_made(connection: Connection, new: str) -> None:
    """Remove what a process that was killed left of `create_like`; what somebody else has of that name stays."""
    making = making_name(new)
    found = await connection.execute(
        "select true from pg_database where datname = %s and datconnlimit = %s", (making, BEING_MADE)
    )
    if await found.fetchone() is not None:
        await drop(connection, making)


def require_name(database: str) -> None:
    """Raise `DatabaseFailed` for a name of which the server would take a part, and mean another database."""
    if not fits(database):
        raise DatabaseFailed(
            f"`{database}` is too long for the name of a database: PostgreSQL keeps {LONGEST} bytes of it",
            "Choose a shorter name; nothing was touched.",
        )


async def rename(connection: Connection, old: str, new: str) -> None:
    """Give a database another name; within a transaction it can be taken back."""
    from psycopg import sql

    await connection.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))


async def drop(connection: Connection, database: str) -> None:
    """Remove a database, with whoever is connected to it. Raises `DatabaseFailed` for a name that would be cut off."""
    from psycopg import sql

    require_name(database)
    await connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))


def _described(properties: dict[str, Any]) -> list[sql.Composable]:
    """Return the options of CREATE DATABASE; which there are depends on the server's version."""
    from psycopg import sql

    said: list[sql.Composable] = [sql.SQL("template template0")]
    for option, key in (("encoding", "encoding"), ("lc_collate", "datcollate"), ("lc_ctype", "datctype")):
        said.append(sql.SQL("{} {}").format(sql.SQL(option), sql.Literal(properties[key])))
    provider = {"i": "icu", "b": "builtin"}.get(properties.get("datlocprovider", "c"))
    locale = properties.get("datlocale") or properties.get("daticulocale")
    if provider and locale:
        said.append(sql.SQL("locale_provider {0} {0}_locale {1}").format(sql.SQL(provider), sql.Literal(locale)))
    if rules := properties.get("daticurules"):
        said.append(sql.SQL("icu_rules {}").format(sql.Literal(rules)))
    said.append(sql.SQL("owner {}").format(sql.Identifier(properties["owner"])))
    if properties["tablespace"] != "pg_default":  # to name the usual one takes a right that to use it does not
        said.append(sql.SQL("tablespace {}").format(sql.Identifier(properties["tablespace"])))
    said.append(sql.SQL("connection limit {}").format(sql.Literal(BEING_MADE)))
    return said


async def _carry_settings(connection: Connection, model: str, new: str) -> None:
    from psycopg import sql

    for role, setting, value in await (await connection.execute(_SETTINGS, (model,))).fetchall():
        whose = sql.SQL("database {}").format(sql.Identifier(new))
        if role is not None:
            whose = sql.SQL("role {} in {}").format(sql.Identifier(role), whose)
        to = sql.SQL(value) if setting in _LISTS else sql.Literal(value)
        await connection.execute(
            sql.SQL("alter {} set {} to {}").format(whose, sql.Identifier(*setting.split(".")), to)
        )


async def _carry_rights(connection: Connection, model: str, new: str) -> None:
    from psycopg import sql

    database = sql.Identifier(new)
    await connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    for grantee, right, grantable in await (await connection.execute(_RIGHTS, (model,))).fetchall():
        whom = sql.SQL("public") if grantee is None else sql.Identifier(grantee)
        passing_on = sql.SQL(" with grant option") if grantable else sql.SQL("")
        await connection.execute(
            sql.SQL("grant {} on database {} to {}{}").format(sql.SQL(right), database, whom, passing_on)
        )
