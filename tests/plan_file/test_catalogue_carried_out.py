"""The shell lines of the catalogue, carried out: they are lines of a shell, and find what they are there to find."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flightrules.checks import run
from flightrules.clocks.system import SystemClock
from flightrules.domain.check_results import judged
from flightrules.domain.checks import Check
from flightrules.domain.verdict import Verdict
from flightrules.plan_file import catalogue
from flightrules.ports.check import Tools
from flightrules.processes.commands import ShellCommands
from tests.plan_file.test_catalogue import loaded, told


def checks_of(name: str) -> dict[str, Check]:
    """The checks of a section by their names there, its parameters as in their examples."""
    chapter = catalogue.chapter(name)
    checks = loaded(f"- use: {name}", f"  with: {{{told(dict(chapter.parameters))}}}").gates["ready"]
    return dict(zip(chapter.checks, checks, strict=True))


def every_line() -> Iterator[tuple[str, str]]:
    for name in catalogue.names():
        for key, check in checks_of(name).items():
            if check.kind == "run":
                yield f"{name}/{key}", check.options.run


@pytest.mark.parametrize("line", [pytest.param(line, id=name) for name, line in every_line()])
def test_it_is_a_line_of_a_shell(line: str) -> None:
    read = subprocess.run(["/bin/sh", "-n", "-c", line], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    write(folder, "shop.py", "print('shop')\n")
    return folder


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    subprocess.run(["git", "-C", str(folder), "add", "--force", name], check=True)


async def verdict(folder: Path, check: Check) -> Verdict:
    commands = ShellCommands(folder.parent / "commands", SystemClock())
    tools = Tools("check", 60, folder, folder / "evidence", "", "v2", commands, SystemClock(), check.environment)
    found = await run.create(check.options, tools).look()
    return found.verdict or judged(check.expects, found.values)[0]


PLANTED: dict[str, tuple[str, Callable[[Path], None]]] = {
    "code/no-conflict-marks": ("shop.py", lambda shop: write(shop, "a.py", "<<<<<<< ours\n")),
    "security/no-env-file": ("shop.py", lambda shop: write(shop, ".env", "A=b\n")),
    "python/compiles": ("shop.py", lambda shop: write(shop, "a.py", "def broken(:\n")),
    "python/no-debugger": ("shop.py", lambda shop: write(shop, "a.py", "    breakpoint()\n")),
    "python/pinned": ("requirements.txt", lambda shop: write(shop, "requirements.txt", "flask==3.1.0\nclick>8\n")),
    "node/no-only": ("shop.js", lambda shop: write(shop, "a.test.js", "it.only('is alone', () => {})\n")),
}
NEED_SOMETHING_TO_LOOK_AT = sorted({*PLANTED, "code/committed", "docker/not-latest"} - {"python/no-debugger"})
"""A folder without code has no breakpoint either."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
async def test_it_passes_where_all_is_well_and_fails_where_it_is_not(name: str, repository: Path) -> None:
    section, _, key = name.partition("/")
    file, plant = PLANTED[name]
    write(repository, file, "flask==3.1.0\n# a comment\n" if file.endswith(".txt") else "print('shop')\n")
    check = checks_of(section)[key]
    assert await verdict(repository, check) is Verdict.PASS
    plant(repository)
    assert await verdict(repository, check) is Verdict.FAIL


@pytest.mark.slow
@pytest.mark.parametrize("name", NEED_SOMETHING_TO_LOOK_AT)
async def test_what_could_not_look_does_not_pass(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()  # no repository, and none of the files
    section, _, key = name.partition("/")
    assert await verdict(tmp_path / "empty", checks_of(section)[key]) is Verdict.FAIL


@pytest.mark.slow
async def test_what_is_not_committed_is_found(repository: Path) -> None:
    check = checks_of("code")["committed"]
    assert await verdict(repository, check) is Verdict.FAIL
    by = ["-c", "user.name=Ann", "-c", "user.email=ann@shop.example"]
    subprocess.run(["git", "-C", str(repository), *by, "commit", "--quiet", "-m", "Shop"], check=True)
    assert await verdict(repository, check) is Verdict.PASS


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("free"), reason="there is no `free` here")
@pytest.mark.parametrize("key, value", [("disk-free", "used"), ("memory-free", "available")])
async def test_the_disk_and_the_memory_of_this_machine_are_read(key: str, value: str, repository: Path) -> None:
    check = checks_of("environment")[key]
    commands = ShellCommands(repository.parent / "commands", SystemClock())
    tools = Tools("check", 60, repository, repository / "evidence", "", "v2", commands, SystemClock())
    assert (await run.create(check.options, tools).look()).values[value] > 0
