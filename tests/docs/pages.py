"""The pages of the documentation: their blocks, sections and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(?P<kind>[a-z]*) ?(?P<about>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@dataclass(frozen=True)
class Block:
    """A block of code on a page: ```KIND ABOUT … ```. `about` is a file's name, or a terminal."""

    page: Path
    line: int
    kind: str
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    found = (*top, *sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("examples/**/*.md")))
    return [page for page in found if page.exists()]


def blocks(kind: str) -> list[Block]:
    return [block for page in pages() for block in blocks_on(page) if block.kind == kind]


def blocks_on(page: Path) -> list[Block]:
    """Every block of a page, in order."""
    text = page.read_text()
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match["kind"], match["about"], match["text"])
        for match in BLOCK.finditer(text)
    ]


def commands() -> Iterator[tuple[str, str]]:
    """Every line behind a prompt in the `console` blocks, with where it stands."""
    for block in blocks("console"):
        for number, line in enumerate(block.text.splitlines(), block.line + 1):
            if line.startswith("$ "):
                yield f"{block.page.relative_to(ROOT)}:{number}", line[2:].split("  #")[0].strip()


def section(page: Path, heading: str) -> str:
    """What a page says under `heading`, until the next heading of that level or a higher one; empty without it."""
    start = re.search(rf"^(#+) +{re.escape(heading)} *$", page.read_text(), re.MULTILINE) if page.exists() else None
    if start is None:
        return ""
    rest = page.read_text()[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def links() -> Iterator[tuple[Path, str]]:
    for page in pages():
        for match in LINK.finditer(BLOCK.sub("", page.read_text())):
            yield page, match[1]
