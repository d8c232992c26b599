"""Reads every file of the platform, and tells what an attacker would like. Prints findings and grade as JSON."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1]
DANGEROUS = ("eval", "exec", "system", "__import__")


def findings(path: Path) -> Iterator[str]:
    """Yield what is dangerous in one file."""
    where = path.relative_to(FOLDER)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in DANGEROUS:
                yield f"{where}:{node.lineno}: a call of {name}"
            if any(each.arg == "shell" for each in node.keywords):
                yield f"{where}:{node.lineno}: a command through a shell"
            if name == "execute" and node.args and isinstance(node.args[0], ast.JoinedStr):
                yield f"{where}:{node.lineno}: SQL that is put together from pieces"


def main() -> None:
    """Read, print."""
    files = [*(FOLDER / "reviewlib").rglob("*.py"), *(FOLDER / "versions").rglob("app.py")]
    found = sorted(each for path in files for each in findings(path))
    print(json.dumps({"files": len(files), "findings": len(found), "grade": "A+" if not found else "C", "list": found}))


if __name__ == "__main__":
    main()
