"""What grows too large to read is reported, and fails where it is far too large. See it with `pytest -rP`."""

import ast
from collections.abc import Iterator

from tests.architecture.source import PACKAGE, code, name, tree

FUNCTION_WORTH_A_LOOK, FUNCTION_TOO_LONG = 45, 60
FILE_WORTH_A_LOOK, FILE_TOO_LONG = 300, 400


def functions() -> Iterator[tuple[int, str]]:
    for path in code("src/", "examples/", "bench/"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield node.end_lineno - node.lineno + 1, f"{name(path)}:{node.lineno} {node.name}"


def report(measured: Iterator[tuple[int, str]], worth_a_look: int, too_long: int) -> list[str]:
    large = sorted((one for one in measured if one[0] > worth_a_look), reverse=True)
    for lines, what in large:
        print(f"{lines:4} lines: {what}")
    return [what for lines, what in large if lines > too_long]


def test_no_function_is_far_too_long() -> None:
    assert not report(functions(), FUNCTION_WORTH_A_LOOK, FUNCTION_TOO_LONG)


def test_no_file_is_far_too_long() -> None:
    lines = ((len(path.read_text().splitlines()), name(path)) for path in code("src/", "examples/", "bench/"))
    assert not report(lines, FILE_WORTH_A_LOOK, FILE_TOO_LONG)


def test_the_story_of_a_release_fits_on_a_page() -> None:
    (story,) = (node for node in tree(PACKAGE / "release.py").body if isinstance(node, ast.AsyncFunctionDef))
    assert story.end_lineno is not None
    assert (story.name, story.end_lineno - story.lineno < 60) == ("release", True)
