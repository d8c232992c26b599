"""Looking for secrets in real folders and repositories: what is planted is found and never shown."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from flightrules.checks import secrets
from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.processes.commands import ShellCommands

pytestmark = pytest.mark.slow

ACCESS_KEY = "AKIA" + "Q7EXMPLE" * 2
"""Made here, so that no scanner finds it in this file."""

SETTINGS = f"region = 'eu'\nkey = '{ACCESS_KEY}'\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One in which nothing is secret yet."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "shop.py").write_text("print('shop')\n")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def plant(folder: Path, name: str = "settings.py", text: str = SETTINGS) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


async def seen(folder: Path, within: float = 60.0, **options: object) -> Found:
    commands = ShellCommands(folder.parent / "commands", SystemClock())
    tools = Tools("gates/secrets", within, folder, folder / "evidence", "", "v2", commands, SystemClock())
    return await secrets.create(secrets.Options(**{"secrets": ".", **options}), tools).look()


async def test_a_planted_secret_is_told_by_its_place_and_kind_and_never_shown(repository: Path) -> None:
    plant(repository, "app/settings.py")
    plant(repository, "untracked.py")
    git(repository, "add", "app", "shop.py")
    found = await seen(repository)
    assert (found.says, found.output) == ("1 secret in 2 files", ("app/settings.py:2: AWS Access Key",))
    assert found.values == {"secrets": 1, "files": 2} and found.verdict is None
    assert ACCESS_KEY not in repr(found)


async def test_a_repository_without_secrets_has_none(repository: Path) -> None:
    git(repository, "add", "shop.py")
    found = await seen(repository)
    assert (found.says, found.values["secrets"]) == ("no secrets in 1 file", 0)


async def test_without_a_repository_every_file_counts_but_for_what_others_wrote(tmp_path: Path) -> None:
    for name in ("settings.py", "node_modules/a/settings.py", ".flight/state.py", ".venv/settings.py"):
        plant(tmp_path / "shop", name)
    found = await seen(tmp_path / "shop")
    assert (found.says, found.output) == ("1 secret in 1 file", ("settings.py:2: AWS Access Key",))


async def test_what_is_excluded_or_too_large_is_not_looked_into(repository: Path) -> None:
    plant(repository, "tests/data/key.txt")
    plant(repository, "huge.txt", SETTINGS + "x\n" * 2_600_000)
    git(repository, "add", ".")
    found = await seen(repository, exclude=["tests/data/*"])
    assert found.says == "no secrets in 1 file, 1 file too large to look into"


async def test_what_is_in_the_baseline_was_looked_at_unless_it_was_found_to_be_real(repository: Path) -> None:
    plant(repository)
    git(repository, "add", ".")
    scan = [sys.executable, "-m", "detect_secrets", "scan"]
    written = subprocess.run(scan, cwd=repository, capture_output=True, text=True, check=True).stdout
    (repository / "known.json").write_text(written)
    git(repository, "add", "known.json")
    assert (await seen(repository, baseline="known.json")).says == "no secrets in 2 files, 1 known from the baseline"
    audited = json.loads(written)
    audited["results"]["settings.py"][0]["is_secret"] = True
    (repository / "known.json").write_text(json.dumps(audited))
    assert (await seen(repository, baseline="known.json")).says == "1 secret in 2 files"


async def test_where_it_cannot_look_nobody_knows(repository: Path) -> None:
    plant(repository, "known.json", "[]")
    found = await seen(repository, baseline="known.json")
    assert (found.says, found.verdict) == (
        "the baseline known.json is none that detect-secrets writes; write it with `detect-secrets scan > known.json`",
        Verdict.UNREACHABLE,
    )
    with pytest.raises(SourceUnreachable, match="there is no folder app to look through"):
        await seen(repository, secrets="app")
    with pytest.raises(SourceUnreachable, match=r"there is no baseline seen\.json"):
        await seen(repository, baseline="seen.json")
    (repository / ".git" / "index").write_text("no index")
    found = await seen(repository)
    assert found.says.startswith("git could not say which files it tracks: ") and found.verdict is Verdict.UNREACHABLE


async def test_nothing_of_it_is_left_when_it_is_cancelled_or_takes_too_long(repository: Path) -> None:
    for number in range(2000):
        plant(repository, f"data/{number}.py", "word = 'text'\n" * 200)
    git(repository, "add", ".")
    found = await seen(repository, within=1.0)
    assert (found.says, found.verdict) == ("it took longer than 1s and was ended", Verdict.UNREACHABLE)
    looking = asyncio.create_task(seen(repository))
    await asyncio.sleep(0.5)
    assert scanning(repository)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert not scanning(repository)


def scanning(folder: Path) -> list[int]:
    found = psutil.process_iter(["cmdline"])
    return [each.pid for each in found if "-m" in (each.info["cmdline"] or ()) and str(folder) in each.info["cmdline"]]
