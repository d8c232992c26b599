"""Which adapters there are: those of the package, those that others install, and nothing private."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules import adapters
from flightrules.adapters import METRIC_SOURCES, ROUTERS, TARGETS, UnknownKind
from flightrules.plan_file import load_text
from tests.plan_file.plans import SMALL, complaints


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path, with a third party's package in it that brings targets and a metric source."""
    about = tmp_path / "moonbase-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: moonbase\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[flightrules.targets]\nmoon = moonbase\nmars = marsbase\nlocal = moonbase\nbare = moonbare\n"
        "[flightrules.metric_sources]\ncraters = moonbase\n"
    )
    (tmp_path / "moonbase.py").write_text(
        "from pydantic import BaseModel\nclass Options(BaseModel):\n    crater: str\n"
        "def unit_of(name, options):\n    return 'B'\n"
    )
    (tmp_path / "moonbare.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("moonbase", "moonbare"):
        sys.modules.pop(name, None)


def test_every_module_of_the_package_is_a_kind_and_private_ones_are_not() -> None:
    assert adapters.kinds(ROUTERS) == ["envoy"]
    assert adapters.kinds(TARGETS) == ["local"]
    assert adapters.kinds(adapters.DATABASES) == ["command", "postgres", "sqlite"]
    assert adapters.kinds(METRIC_SOURCES) == [
        "command",
        "http",
        "person",
        "postgres",
        "prometheus",
        "router",
        "sql",
        "target",
    ]


def test_a_kind_that_somebody_installed_is_one(installed: Path) -> None:
    assert adapters.kinds(TARGETS) == ["bare", "local", "mars", "moon"]
    assert adapters.module(TARGETS, "moon").__name__ == "moonbase"


def test_the_package_wins_over_a_kind_of_the_same_name(installed: Path) -> None:
    assert adapters.module(TARGETS, "local").__name__ == "flightrules.targets.local"


def test_a_private_module_cannot_be_named() -> None:
    with pytest.raises(UnknownKind, match="there is no kind `_envoy` here"):
        adapters.module(ROUTERS, "_envoy")


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownKind) as refused:
        adapters.module(METRIC_SOURCES, "prometeus")
    assert (refused.value.what, refused.value.do) == ("there is no kind `prometeus` here", "did you mean `prometheus`?")


def test_a_plan_can_use_what_somebody_installed(installed: Path) -> None:
    text = SMALL.replace("{kind: local, start: ./serve, health: {http: /health}}", "{kind: moon, crater: Copernicus}")
    plan = load_text(text + "metrics:\n  dust: {from: craters, crater: Tycho}\n", "flight.yaml", installed, {})
    assert plan.services[0].target.options.crater == "Copernicus"
    assert plan.metrics[0].unit == "B"


def test_an_installed_kind_that_cannot_be_imported_or_declares_nothing_is_a_problem_of_the_plan(
    installed: Path,
) -> None:
    assert complaints(SMALL.replace("kind: local", "kind: mars")) == (
        "flight.yaml:5:20: the kind `mars` is installed as marsbase, which cannot be imported: "
        "No module named 'marsbase'\n"
        "    install the package that brings it again, or use another kind"
    )
    assert complaints(SMALL.replace("kind: local", "kind: bare")) == (
        "flight.yaml:5:20: the kind `bare` declares no options: moonbare has no pydantic model `Options`\n"
        "    use another kind, or tell the author of this one"
    )
