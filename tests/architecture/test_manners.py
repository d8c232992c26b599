"""How the code is written: every module says what it is, and nothing reaches for the clock or for chance."""

import ast
from collections.abc import Iterator

from tests.architecture.source import code, name, tree, used_names

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}

CLOCK_OR_CHANCE = ("time.", "random.", "secrets.", "asyncio.sleep", "os.urandom", "uuid.uuid1", "uuid.uuid4",
                   "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
                   "datetime.date.today", "numpy.random.")  # fmt: skip
HARMLESS = {"time.struct_time", "time.strftime", "time.gmtime", "time.strptime"}

ALLOWED = {
    "src/flightrules/clocks/system.py": "this is the clock",
    "src/flightrules/processes/launch.py": "runs before a program starts, without an event loop",
    "src/flightrules/processes/marks.py": "waits for the kernel to end what was killed, without an event loop",
    "src/flightrules/simulation/arrivals.py": "the chance of a simulation, from a seed that was given",
    "src/flightrules/state/patience.py": "a write waits for the disk, in whatever thread it is",
    "src/flightrules/testing/fake_clock.py": "gives way to other tasks; no time passes",
    "src/flightrules/testing/plain_processes.py": "waits for real processes to end, whatever the clock",
}
"""Where time and chance are used all the same, and why."""


def test_every_module_says_what_it_owns() -> None:
    silent = [name(path) for path in code("src/", "examples/", "bench/") if not ast.get_docstring(tree(path))]
    assert not silent


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [name(path) for path in code("src/", "tests/") if VAGUE & {path.stem, *path.parent.parts[-3:]}]
    assert not vague


def reaching() -> Iterator[tuple[str, int, str]]:
    for path in code("src/"):
        for line, used in used_names(path):
            if used.startswith(CLOCK_OR_CHANCE) and used not in HARMLESS:
                yield name(path), line, used


def test_nothing_but_a_clock_reaches_for_time_or_chance() -> None:
    found = {f"{file}:{line}: {used}" for file, line, used in reaching() if file not in ALLOWED}
    assert not found, "take a Clock (flightrules/ports/clock.py), or say in ALLOWED why not"


def test_no_exception_from_the_rule_about_time_has_outlived_its_reason() -> None:
    assert not ALLOWED.keys() - {file for file, _, _ in reaching()}


def test_fakes_are_shipped_and_nothing_is_patched() -> None:
    patched = [
        f"{name(path)}:{line}: {used}"
        for path in code("src/", "tests/")
        for line, used in used_names(path)
        if used.startswith(("unittest.mock", "mock.", "pytest_mock"))
    ]
    assert not patched


def test_errors_of_somebody_elses_code_are_caught_with_a_reason() -> None:
    without = []
    for path in code("src/", "examples/", "bench/"):
        lines = path.read_text().splitlines()
        for node in ast.walk(tree(path)):
            broad = isinstance(node, ast.ExceptHandler) and catches_everything(node)
            if broad and not explained(lines, node.lineno):
                without.append(f"{name(path)}:{node.lineno}")
    assert not without, "write the reason in a comment there or above the `try`"


def catches_everything(node: ast.ExceptHandler) -> bool:
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))


def explained(lines: list[str], at: int) -> bool:
    """Whether a comment stands within six lines before the handler, or in the two after."""
    near = [line for line in lines[max(0, at - 7) : at + 2] if "#" in line and "# noqa" not in line.split("#", 1)[0]]
    return any(line.split("#", 1)[1].strip().removeprefix("noqa: BLE001").strip() for line in near)


def test_nothing_inherits_deeper_than_two() -> None:
    parents: dict[str, list[str]] = {}
    for path in code("src/"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                parents[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
    deep = [one for one in parents if depth(one, parents) > 2]
    assert not deep


def depth(one: str, parents: dict[str, list[str]]) -> int:
    """How many classes of this package stand above it."""
    return max((1 + depth(parent, parents) for parent in parents.get(one, []) if parent in parents), default=0)
