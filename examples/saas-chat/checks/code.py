"""Looks through the code of one version and prints what it found as JSON: `python3 checks/code.py v2`.

`errors`: files that do not compile. `warnings`: names that are imported for nothing, and lines that are too long.
`duplicated`: how much of the code, in percent, stands in six lines that stand somewhere else too. `dependencies`: how
many packages it imports that are neither its own nor Python's.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

LONGEST = 120
BLOCK = 6
ROOT = Path(__file__).parents[1]


def main(version: str) -> None:
    """Look, and print."""
    files = [*(ROOT / "chatlib").rglob("*.py"), *(ROOT / "versions" / version).rglob("*.py")]
    texts = [path.read_text() for path in files]
    trees = [tree for tree in map(parsed, texts) if tree]
    found = {
        "errors": len(texts) - len(trees),
        "warnings": sum(map(warnings, trees))
        + sum(len(line) > LONGEST for text in texts for line in text.splitlines()),
        "duplicated": round(duplicated(texts), 2),
        "dependencies": len(dependencies(trees)),
    }
    print(json.dumps(found))


def parsed(text: str) -> ast.Module | None:
    """Return the tree of a file, None where it does not compile."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def warnings(tree: ast.Module) -> int:
    """Return how many names are imported for nothing."""
    imported = [alias.asname or alias.name.partition(".")[0] for node in imports(tree) for alias in node.names]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return sum(name not in used and name != "annotations" for name in imported)


def imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Return everything that imports."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def duplicated(texts: list[str]) -> float:
    """Return the share of blocks of lines that are there more than once."""
    blocks: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        blocks.update(tuple(lines[at : at + BLOCK]) for at in range(len(lines) - BLOCK + 1))
    return 100 * sum(times - 1 for times in blocks.values()) / max(blocks.total(), 1)


def dependencies(trees: list[ast.Module]) -> set[str]:
    """Return the packages of others; the migrations' own tools are not part of what runs."""
    names = {node.module or "" for tree in trees for node in imports(tree) if isinstance(node, ast.ImportFrom)}
    names |= {
        alias.name for tree in trees for node in imports(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    own = {"chatlib", "alembic", "sqlalchemy", *sys.stdlib_module_names}
    return {name.partition(".")[0] for name in names} - own


if __name__ == "__main__":
    main(sys.argv[1])
