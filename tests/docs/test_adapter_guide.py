"""The adapter that the guide writes keeps the contract, and a plan can use it once it is installed."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks_on
from tests.plan_file.plans import SMALL

GUIDE = DOCS / "guides" / "writing-an-adapter.md"
MODULE, SUITE = "flightrules_file.py", "test_flightrules_file.py"

pytestmark = pytest.mark.slow


def written(name: str) -> str:
    """What the guide writes into the file `name`; where it has no name, the part of a plan."""
    (found,) = (block.text for block in blocks_on(GUIDE) if block.about == name)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project of the guide's reader, at its end."""
    for name in (MODULE, SUITE, "pyproject.toml"):
        (tmp_path / name).write_text(written(name))
    return tmp_path


def install(folder: Path) -> None:
    """Write down what pip would about the project in `folder`."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    about = folder / f"flightrules_file-{project['version']}.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {module}\n" for name, module in names.items())
        for group, names in project["entry-points"].items()
    )
    about.joinpath("entry_points.txt").write_text(points)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=100
    )


def test_the_adapter_of_the_guide_keeps_the_contract(folder: Path) -> None:
    ended = run(folder, "pytest", "-q", "-p", "no:cacheprovider", SUITE)
    assert ended.returncode == 0, ended.stdout
    assert "10 passed" in ended.stdout.splitlines()[-1]


def test_the_contract_finds_the_mistake_that_the_guide_speaks_of(folder: Path) -> None:
    limit = 'raise SourceUnreachable(f"the file holds more than {LONGEST} bytes, which is no number")'
    assert limit in written(MODULE)
    (folder / MODULE).write_text(written(MODULE).replace(limit, "pass"))
    ended = run(folder, "pytest", "-q", "-p", "no:cacheprovider", SUITE)
    (failed,) = (line for line in ended.stdout.splitlines() if line.startswith("FAILED"))
    assert "in_words_and_without_secrets[huge]" in failed


def test_a_plan_can_use_the_adapter_once_it_is_installed(folder: Path) -> None:
    (folder / "flight.yaml").write_text(SMALL + written(""))
    before = run(folder, "flightrules.cli.main", "check")
    assert (before.returncode, "there is no kind `file` here" in before.stderr) == (2, True)
    install(folder)
    after = run(folder, "flightrules.cli.main", "check")
    assert after.returncode == 0, after.stderr
    assert "queue > 1000 for 1m: roll back" in after.stdout
    schema = run(folder, "flightrules.cli.main", "schema").stdout
    assert "The folder with one file a version" in schema
