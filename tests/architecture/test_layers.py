"""Dependencies point one way, adapters do not know each other, and what a release is needs no library."""

import functools
import subprocess
import sys

import grimp

from flightrules.adapters import DATABASES, METRIC_SOURCES, ROUTERS, TARGETS, kinds
from tests.architecture.source import ROOT

WIRING = ("flightrules.wiring", "flightrules.reaching", "flightrules.measuring")
MAY_KNOW_ADAPTERS = (*WIRING, "flightrules.testing", "flightrules.cli.demo", "flightrules.demo")
KINDS = (TARGETS, ROUTERS, METRIC_SOURCES, DATABASES)
ADAPTERS = (*KINDS, "flightrules.processes")


@functools.cache
def imports() -> set[tuple[str, str]]:
    graph = grimp.build_graph("flightrules", include_external_packages=True, exclude_type_checking_imports=True)
    return {(one, other) for one in graph.modules for other in graph.find_modules_directly_imported_by(one)}


def package(module: str, of: tuple[str, ...]) -> str | None:
    return next((name for name in of if module == name or module.startswith(f"{name}.")), None)


def kind(module: str) -> str | None:
    """The adapter that a module belongs to: `local` for `targets.local` and for the private `targets._local.build`.

    None for a private module that is named after no adapter: what several of one package share.
    """
    family, own = module.split(".")[:2], module.split(".")[2:3]
    name = own[0].lstrip("_") if own else ""
    return name if name in kinds(".".join(family)) else None


def test_the_contracts_between_the_layers_are_kept() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_what_a_release_is_needs_the_standard_library_alone() -> None:
    allowed = sys.stdlib_module_names | {"flightrules", "numpy"}
    foreign = {
        f"{one} imports {other}"
        for one, other in imports()
        if one.startswith("flightrules.domain") and other.split(".")[0] not in allowed
    }
    assert not foreign


def test_adapters_of_one_package_do_not_know_each_other() -> None:
    met = {
        f"{one} imports {other}"
        for one, other in imports()
        if package(one, KINDS) and package(one, KINDS) == package(other, KINDS)
        if kind(one) and kind(other) and kind(one) != kind(other)
    }
    assert not met


def test_only_the_wiring_knows_concrete_adapters() -> None:
    known = {
        f"{one} imports {other}"
        for one, other in imports()
        if package(other, ADAPTERS) and not package(one, ADAPTERS) and not one.startswith(MAY_KNOW_ADAPTERS)
    }
    assert not known
