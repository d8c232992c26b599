"""Writes the rows of a database that another one lacks, or has with other values, into CSV files: one a table.

A file holds whole rows, without the columns that nobody can write. Text stands in quotes, also an empty one. Without
quotes stand numbers, binary values (`\\x68656c6c6f`), and nothing at all for NULL. PostgreSQL reads exactly this.
The files of one export lie in a folder that has its name when all of them are whole and on the disk; `SHA256SUMS` in
it is what `sha256sum --check` reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.row_differences import Row, Table, Value
from flightrules.domain.row_differences import Side as Where
from flightrules.recovery.difference import Side, Take

SUMS = "SHA256SUMS"
PART = ".part"

KEYS_AT_A_TIME, DIGESTS_AT_A_TIME = 1000, 50_000
"""How many rows are asked for at once: by digest each time costs reading the table, by key it does not."""

LONGEST_FILE_NAME = 200

MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
"""How a text begins that is a moment: of such texts the smaller one is the earlier one."""


@dataclass(frozen=True)
class File:
    """A file with rows of one table. `first` and `last` are the smallest and the largest value of `column`."""

    path: Path
    rows: int
    bytes: int
    sha256: str
    column: str = ""
    first: str = ""
    last: str = ""


class Export:
    """The rows of `source` that a comparison, in which it is on the right, hands over; written below `folder`.

    `columns` names, by table, the column of which the smallest and the largest value are told.
    """

    def __init__(self, source: Side, folder: Path, columns: Mapping[str, str]) -> None:
        self._source = source
        self._folder = folder
        self._columns = columns
        self.files: dict[str, File] = {}

    @contextlib.asynccontextmanager
    async def rows_of(self, compared: Table, whole: Table | None) -> AsyncIterator[Take]:
        """Give what takes the rows of one table; the file is there, under the folder's later name, afterwards."""
        if whole is None:
            yield _nothing
            return
        part = _part(self._folder) / file_name(whole.name)
        sheet = _Sheet(self._source, compared, whole, part, _named(self._columns, whole))
        try:
            yield sheet.take
            await sheet.write()
        finally:
            sheet.close()
        if sheet.rows:
            self.files[whole.name] = replace(sheet.file(), path=self._folder / part.name)

    def finish(self) -> None:
        """Bring everything onto the disk and give the folder its name; without any row there is no folder."""
        part = _part(self._folder)
        if not self.files:
            shutil.rmtree(part)
            return
        sums = "".join(f"{file.sha256}  {file.path.name}\n" for file in self.files.values())
        (part / SUMS).write_text(sums)
        for path in (*part.iterdir(), part):
            _flush(path)
        if self._folder.exists():
            shutil.rmtree(self._folder)
        part.rename(self._folder)
        _flush(self._folder.parent)


@contextlib.asynccontextmanager
async def exporting(source: Side, folder: Path, columns: Mapping[str, str] | None = None) -> AsyncIterator[Export]:
    """Give an export into `folder`, which replaces one that is there; on any failure nothing of it is left.

    Raises `DatabaseFailed` when it cannot be written, with a full disk for example.
    """
    part = _part(folder)
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True, mode=0o700)
        export = Export(source, folder, columns or {})
        yield export
        await asyncio.to_thread(export.finish)
    except OSError as error:
        raise DatabaseFailed(
            f"the rows could not be exported into {folder}: {(error.strerror or str(error)).lower()}; none is exported",
            "Make room or mend the disk, and try again.",
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def file_name(table: str) -> str:
    """Return the name of the file for a table: the same table, the same name; other tables, other names."""
    name = quote(table, safe=" ")
    if len(name) > LONGEST_FILE_NAME:
        name = f"{name[:LONGEST_FILE_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return f"{name}.csv"


def line(values: Sequence[Value]) -> bytes:
    """Return one row of a file."""
    return b",".join(map(_field, values)) + b"\n"


def _field(value: Value) -> bytes:
    match value:
        case None:
            return b""
        case str():
            # What was read as text and is none comes back as the bytes that it was.
            return b'"' + value.replace('"', '""').encode("utf-8", "surrogateescape") + b'"'
        case bytes():
            return b"\\x" + value.hex().encode()
        case _:
            # SQLite reads a number beyond all others as one that is too large; it has no word for it.
            return repr(value).replace("inf", "9e999").encode()


class _Sheet:
    """One file while it is written. Rows are asked for in portions; not more than one of them is held."""

    def __init__(self, source: Side, compared: Table, whole: Table, path: Path, column: str) -> None:
        self._source = source
        self._compared = compared
        self._whole = whole
        self._path = path
        self._column = column
        self._waiting: list[Row] = []
        self._range: list[Value] = []
        self._stack = contextlib.ExitStack()
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.rows = 0

    async def take(self, side: Where, row: Row) -> None:
        """Take a row that the comparison found."""
        if side is Where.LEFT:
            return
        # Without a key, a row is known by its digest; all its values need not be held for that.
        self._waiting.append(row if self._compared.key else Row((), (), row.digest))
        if len(self._waiting) >= (KEYS_AT_A_TIME if self._compared.key else DIGESTS_AT_A_TIME):
            await self.write()

    async def write(self) -> None:
        """Write the rows that were taken. Raises `DatabaseFailed` where one of them is not there any more."""
        if not self._waiting:
            return
        if not self.rows:
            self._path.touch(0o600, exist_ok=False)
            self._file = self._stack.enter_context(self._path.open("wb"))
            self._put(line(self._whole.written))
        before, wanted = self.rows, self._waiting
        values = self._source.rows.values(self._compared, wanted, self._whole.written, self._source.name)
        async for row in values:
            self._put(line(row))
            self._note(row)
            self.rows += 1
        if self.rows - before != len(wanted):
            raise DatabaseFailed(
                f"{len(wanted) - self.rows + before:,} rows of {self._whole.name} went or changed while they were "
                f"exported; none is exported",
                "Export from a database that nobody writes to, or try again.",
            )
        self._waiting = []

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def file(self) -> File:
        """Return what was written."""
        first, last = map(str, self._range) if self._range else ("", "")
        return File(self._path, self.rows, self._bytes, self._hash.hexdigest(), self._column, first, last)

    def _put(self, text: bytes) -> None:
        self._file.write(text)
        self._hash.update(text)
        self._bytes += len(text)

    def _note(self, row: Sequence[Value]) -> None:
        """Keep the smallest and the largest value of the column that is told; only what can be compared is."""
        value = row[self._whole.written.index(self._column)] if self._column else None
        if not (isinstance(value, int | float) or (isinstance(value, str) and MOMENT.match(value))):
            return
        low, high = self._range or (value, value)
        try:
            self._range = [min(low, value), max(high, value)]  # type: ignore[type-var]
        except TypeError:  # moments and numbers in one column
            self._column, self._range = "", []


async def _nothing(side: Where, row: Row) -> None:
    pass


def _named(columns: Mapping[str, str], table: Table) -> str:
    """Return the column that is told of a table, which may be named without its schema; empty without one."""
    column = columns.get(table.name) or columns.get(table.name.rpartition(".")[2].strip('"')) or ""
    return column if column in table.written else ""


def _part(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{PART}")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
