"""The code as it is written: `python3 checks/code.py build`, or `lint`, or `format`. Prints JSON, findings first."""

import ast
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parents[1]


def build(file: Path, text: str) -> Iterator[str]:
    """Say what does not compile."""
    try:
        compile(text, str(file), "exec")
    except SyntaxError as problem:
        yield f"{problem.lineno}: {problem.msg}"


def lint(file: Path, text: str) -> Iterator[str]:
    """Say what is imported and never used, and what has no docstring."""
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}  # as in __all__
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            name = (alias.asname or alias.name).partition(".")[0]
            if name not in used and name != "annotations":
                yield f"{node.lineno}: {name} is never used"
    if not ast.get_docstring(tree):
        yield "1: nothing says what this file is"


def form(file: Path, text: str) -> Iterator[str]:
    """Say where the form is not the usual one."""
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip() or "\t" in line or len(line) > 120:
            yield f"{number}: blanks at the end, a tab, or more than 120 characters"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield "it does not end with one line feed"


KINDS: dict[str, Callable[[Path, str], Iterator[str]]] = {"build": build, "lint": lint, "format": form}


def main(kind: str) -> int:
    """Look through every file."""
    files = sorted(file for part in ("dashlib", "versions", "checks") for file in (HERE / part).rglob("*.py"))
    found = [f"{file.relative_to(HERE)}:{says}" for file in files for says in KINDS[kind](file, file.read_text())]
    for each in found:
        print(each, file=sys.stderr)
    print(json.dumps({"files": len(files), "findings": len(found)}))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
