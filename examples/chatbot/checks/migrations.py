"""Whether every migration of a version can be taken back: `python3 checks/migrations.py v2`. Prints JSON."""

import ast
import configparser
import json
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]


def brought_along(version: str) -> list[Path]:
    """Return the migrations that `alembic.ini` of a version names."""
    settings = configparser.ConfigParser(defaults={"here": str(HERE)})
    settings.read(HERE / "versions" / version / "alembic.ini")
    folders = settings["alembic"]["version_locations"].split()
    return [file for folder in folders for file in sorted(Path(folder).glob("*.py"))]


def goes_back(migration: Path) -> bool:
    """Whether its `downgrade` does anything."""
    for node in ast.parse(migration.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "downgrade":
            return any(isinstance(done, ast.Expr) and isinstance(done.value, ast.Call) for done in node.body)
    return False


if __name__ == "__main__":
    found = brought_along(sys.argv[1])
    without = [migration.name for migration in found if not goes_back(migration)]
    print(json.dumps({"migrations": len(found), "without_way_back": len(without), "names": without}))
