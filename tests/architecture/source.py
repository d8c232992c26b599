"""What there is to look at: the project's files, and the syntax trees of its code."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "flightrules"


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file of the project: what git keeps, or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return tuple(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def code(*under: str) -> Iterator[Path]:
    """Every Python file in these folders of the project."""
    return (path for path in files() if path.suffix == ".py" and name(path).startswith(under))


def name(path: Path) -> str:
    """The file's name within the project."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def used_names(path: Path) -> Iterator[tuple[int, str]]:
    """Every name that comes from an import, written in full, with its line: `time.sleep`, `random.choice`."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name.split(".")[0]: _whole(alias) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name | ast.Attribute) and (written := _dotted(node)):
            first, _, rest = written.partition(".")
            if first in imported:
                yield node.lineno, f"{imported[first]}.{rest}" if rest else imported[first]


def _whole(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.split(".")[0]


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""
