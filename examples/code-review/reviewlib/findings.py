"""Owns what is found in a piece of code. It stands in for a model: it reads the code and says what it would mend."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

SECRET = re.compile(r"(?i)(password|token|secret)\s*=\s*['\"][^'\"]{4,}")


def review(code: str) -> list[str]:
    """Return what is wrong with `code`, the first line first; nothing where it is well."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as problem:
        return [f"line {getattr(problem, 'lineno', None) or 1}: this does not parse"]
    found = [*_of_tree(tree), *_of_lines(code.splitlines())]
    return [f"line {line}: {what}" for line, what in sorted(found)]


def _of_tree(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "an `except` without a type hides every mistake"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("eval", "exec"):
            yield node.lineno, "text that is run as code"


def _of_lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        if SECRET.search(line):
            yield number, "a secret in the code"
