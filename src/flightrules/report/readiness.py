"""How ready a version is, as Markdown, as one HTML file, and as a badge. What is missing comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

from flightrules.domain.readiness import Readiness
from flightrules.report.markdown import plain, table


@dataclass(frozen=True)
class Assessed:
    """A version of a plan, how ready it is, and the approvals that a release of it will wait for, in words."""

    plan: str
    version: str
    ready: Readiness
    approvals: Sequence[str]

    @property
    def headline(self) -> str:
        """The verdict in a line."""
        verdict = "go" if self.ready.go else "no-go"
        why = f": {self.ready.why_not}" if self.ready.why_not else ""
        return f"{self.version} is {verdict}, {self.ready.score:g} of 100{why}"


def to_markdown(assessed: Assessed) -> str:
    """Return it as one Markdown document, ending with a line break."""
    parts = [[f"# {plain(assessed.plan)}: {plain(assessed.headline)}"], *_lists(assessed), list(_categories(assessed))]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _lists(assessed: Assessed) -> Iterator[list[str]]:
    ready = assessed.ready
    if ready.blocking:
        rows = [f"- **{plain(gate)}**: {plain(each.check)}: {plain(each.says)}" for gate, each in ready.blocking]
        yield ["## What is missing", "", *rows]
    if ready.lacking:
        rows = [f"- {plain(gate)}: {plain(each.check)}: {plain(each.excused)}" for gate, each in ready.lacking]
        yield ["## What may be missing", "", *rows]
    if assessed.approvals:
        yield ["## Approvals to come", "", *(f"- {plain(each)}" for each in assessed.approvals)]


def _categories(assessed: Assessed) -> Iterator[str]:
    yield "## Score\n"
    rows = [
        (plain(each.name), _score(each.score), f"{each.weight:g}",
         f"{sum(result.passed for result in each.applicable)} of {len(each.applicable)}")
        for each in assessed.ready.categories
    ]  # fmt: skip
    yield from table(("gate", "score", "weight", "passed"), rows)


def to_html(assessed: Assessed) -> str:
    """Return it as one HTML document that needs nothing else."""
    page = Template(files("flightrules.report").joinpath("page.html").read_text(encoding="utf-8"))
    title = f"{assessed.plan}: {assessed.headline}"
    tone = "good" if assessed.ready.go else "bad"
    return page.substitute(title=_text(title), tone=tone, body="\n".join(_body(assessed)))


def _body(assessed: Assessed) -> Iterator[str]:
    ready = assessed.ready
    yield f'<header><p class="over">{_text(assessed.plan)}</p><h1>{_text(assessed.headline)}</h1></header>'
    if ready.blocking:
        rows = [(gate, each.check, each.says) for gate, each in ready.blocking]
        yield f"<h2>What is missing</h2>{_table(('gate', 'check', 'what was seen'), rows)}"
    if ready.lacking:
        rows = [(gate, each.check, f"{each.says}; {each.excused}") for gate, each in ready.lacking]
        yield f"<h2>What may be missing</h2>{_table(('gate', 'check', 'what was seen'), rows)}"
    if assessed.approvals:
        yield f"<h2>Approvals to come</h2>{_table(('who',), [(each,) for each in assessed.approvals])}"
    every = [(each.name, result.check, result.says) for each in ready.categories for result in each.results]
    score = [(each.name, _score(each.score), f"{each.weight:g}") for each in ready.categories]
    yield f"<h2>Score</h2>{_table(('gate', 'score', 'weight'), score)}"
    yield f"<h2>Every check</h2>{_table(('gate', 'check', 'what was seen'), every)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{_text(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


BADGE = Template(
    '<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="20" role="img" aria-label="$label: $value">'
    "<title>$label: $value</title>"
    '<rect width="$width" height="20" rx="4" fill="#3a3d44"/>'
    '<path d="M$left 0h$inner a4 4 0 0 1 4 4v12a4 4 0 0 1 -4 4h-${inner}z" fill="$colour"/>'
    '<g fill="#fff" font-family="system-ui,Segoe UI,Liberation Sans,sans-serif" font-size="11">'
    '<text x="8" y="14">$label</text><text x="$text" y="14">$value</text></g></svg>\n'
)


def to_badge(assessed: Assessed) -> str:
    """Return a small picture (SVG) with the score and the verdict."""
    value = f"{assessed.ready.score:g} {'go' if assessed.ready.go else 'no-go'}"
    left, right = 68, 16 + 7 * len(value)
    return BADGE.substitute(
        label="readiness", value=value, width=left + right, left=left, inner=right - 4, text=left + 8,
        colour="#1a7f4b" if assessed.ready.go else "#c62828",
    )  # fmt: skip


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.0f}"


def _text(words: str) -> str:
    return escape(words)
