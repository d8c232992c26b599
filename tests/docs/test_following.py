"""Somebody who types what the pages say gets what the pages show: real services, real Envoy, real releases."""

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules import wiring
from flightrules.records import open_records
from tests.docs.pages import DOCS, ROOT, Block, blocks_on, section
from tests.docs.terminals import Reader

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

STARTED = DOCS / "getting-started.md"


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    folder = tmp_path / "my-service"
    folder.mkdir()
    one = Reader(folder, free_address())
    yield one
    one.leave()
    for state in folder.rglob(".flight"):
        end_everything_in(state)


def end_everything_in(state: Path) -> None:
    records = open_records(state)
    asyncio.run(wiring.Workshop(records).processes.close())
    records.state.close()


def see_that_what_lies_in_the_state_is_documented(state: Path) -> None:
    table = section(DOCS / "reference" / "state.md", "The state folder")
    names = {path.name.removesuffix("-wal").removesuffix("-shm") for path in state.iterdir()}
    assert [name for name in sorted(names) if f"`{name}`" not in table and f"`{name}/" not in table] == []


def test_getting_started_goes_as_the_page_says(reader: Reader) -> None:
    reader.follow([block for block in blocks_on(STARTED) if block.kind in ("console", "python")])


def test_five_minutes_with_a_service_of_ones_own_go_as_the_readme_says(reader: Reader) -> None:
    def change(block: Block) -> None:
        for version in re.findall(r"flight run (v[23])", block.text):
            (reader.folder / "index.html").write_text(f"hello from {version}\n")

    reader.before = change
    reader.keyboard = f"python3 -m http.server $PORT --bind 127.0.0.1\n/\n{reader.listen}\n"
    said = section(ROOT / "README.md", "Your own service in five minutes")
    reader.follow([block for block in blocks_on(ROOT / "README.md") if block.text in said and block.kind == "console"])
    see_that_what_lies_in_the_state_is_documented(reader.folder / ".flight")
    assert "customers miss the old page" in (reader.folder / "report.html").read_text()
    (last_step,) = (block for block in blocks_on(DOCS / "guides" / "ci.md") if block.kind == "sh")
    reader.terminal("").type(last_step, lambda _: last_step.text.replace("flight abort", "false"), "")
    reader.terminal("").wait(last_step)
