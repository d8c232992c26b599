"""A package that was built, and not only installed from a checkout, carries the shop that the demo releases."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD_FROM = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "src", "examples")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The package as a wheel holds it, made from a copy of the source."""
    source, built = tmp_path / "source", tmp_path / "built"
    leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info", ".flight")
    source.mkdir()
    for name in BUILD_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=leave_out)
        else:
            shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build", "--build-lib", str(built)], cwd=source, check=True, timeout=100
    )
    shutil.rmtree(source)
    return built


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.slow
def test_the_package_carries_the_shop_as_it_is_in_the_examples(built: Path, tmp_path: Path) -> None:
    assert files(built / "flightrules" / "demo" / "example") == files(ROOT / "examples" / "shop")
    code = "from flightrules.demo import shop; print(shop.__file__); print(shop.copy(8081).plan.read_text())"
    told = subprocess.run(
        [sys.executable, "-P", "-c", code], env={**os.environ, "PYTHONPATH": str(built), "TMPDIR": str(tmp_path)},
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.startswith(f"{built}/flightrules/demo/shop.py\nplan: shop\n")
