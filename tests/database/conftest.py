"""One PostgreSQL for all tests of a process that ask for one."""

from collections.abc import Iterator

import pytest

from flightrules.testing.postgres_server import PostgresServer, missing, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    if why := missing():
        pytest.skip(why)
    with running_server() as server:
        yield server
