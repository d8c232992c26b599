"""PostgreSQL: one database is known as one by what its server says, whatever the way to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from flightrules.databases import postgres
from flightrules.testing.postgres_server import PostgresServer
from tests.database.worlds import PostgresWorld


@pytest.fixture
def world(server: PostgresServer, tmp_path: Path) -> Iterator[PostgresWorld]:
    world = PostgresWorld(server, tmp_path)
    yield world
    world.close()


async def found(url: str) -> frozenset[str]:
    return await postgres.found(postgres.Options(url=url), Path())


@contextlib.asynccontextmanager
async def another_way(socket: Path) -> AsyncIterator[int]:
    """A port of this machine that leads to the server's socket."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while some := await reader.read(65536):
            writer.write(some)
        writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, to_them = await asyncio.open_unix_connection(str(socket))
        await asyncio.gather(pass_on(reader, to_them), pass_on(theirs, writer), return_exceptions=True)

    async with await asyncio.start_server(forward, "127.0.0.1", 0) as serving:
        yield serving.sockets[0].getsockname()[1]


async def test_a_server_behind_another_address_says_who_it_is(world: PostgresWorld) -> None:
    app = f"app_of_{world.name}"
    url = world.server.url(world.name)
    async with another_way(next(Path(url.partition("host=")[2]).glob(".s.PGSQL.*[0-9]"))) as port:
        around = f"postgresql://{app}:app@127.0.0.1:{port}/{world.name}"
        assert not set(postgres.where(postgres.Options(url=around), Path(), {})) & set(
            postgres.where(postgres.Options(url=url), Path(), {})
        )
        (same,) = await found(around) & await found(url)
        assert "since" in same
        other = f"postgresql://{app}:app@127.0.0.1:{port}/postgres"
        assert not await found(other) & await found(url)


async def test_a_server_that_does_not_answer_says_nothing() -> None:
    assert await found("postgresql://127.0.0.1:1/clients") == {"this machine:1/clients"}


async def test_a_name_that_leads_to_this_machine_is_found_to() -> None:
    assert await found("postgresql://no-such-name.invalid:1/clients") == {"no-such-name.invalid:1/clients"}
    assert await found("host=alias hostaddr=127.0.1.1 port=1 dbname=clients") == {"this machine:1/clients"}
