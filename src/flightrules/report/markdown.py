"""The report as Markdown: for a pull request, a wiki, a mail.

Everything that comes from outside is escaped: a version's name or a line of a log cannot become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from flightrules.domain.figures import duration
from flightrules.report import database_phrases, phrases
from flightrules.report.data import ReportData
from flightrules.report.sections import Table

_MARKUP = re.compile(r"([\\`*\[\]<|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""What means something inside a line. `error_rate` and `p95 > 1s` do not, and stay readable in a terminal."""


def to_markdown(data: ReportData) -> str:
    """Return the report as one Markdown document, ending with a line break."""
    sections = (
        _summary(data),
        _versions(data),
        _comparisons(data),
        _stages(data),
        _way_back(data),
        _databases(data),
        *(_section(each) for each in data.sections),
        _timeline(data),
        _people(data),
        _record(data),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _summary(data: ReportData) -> Iterator[str]:
    release = data.release
    yield f"# {plain(release.plan)}: {plain(data.headline)}"
    yield ""
    if data.decided:
        yield f"**What decided:** {plain(data.decided)}"
        yield ""
    if data.log:
        yield from _quoted(data.log)
        yield ""
    yield from table(
        ("", ""),
        (
            ("Release", _code(release.id)),
            ("When", phrases.took(data)),
            ("Started by", plain(release.started_by)),
            ("Outcome", plain(release.outcome or "not ended")),
        ),
    )


def _versions(data: ReportData) -> Iterator[str]:
    if data.versions:
        yield "## Versions\n"
        rows = [
            (plain(each.service), each.part, plain(each.name), phrases.answered(each), _code(each.digest))
            for each in data.versions
        ]
        yield from table(("Service", "Part", "Version", "Seen", "Digest"), rows)


def _comparisons(data: ReportData) -> Iterator[str]:
    for number, compared in enumerate(data.comparisons):
        of = f" of {plain(compared.view.service)}" if len(data.comparisons) > 1 else ""
        yield f"{chr(10) if number else ''}## Candidate against stable{of}"
        for sentence in phrases.compared(compared.view, data):
            yield f"\n{plain(sentence)}"


def _stages(data: ReportData) -> Iterator[str]:
    if data.stages:
        yield "## Stages\n"
        rows = [
            (
                plain(stage.name),
                plain(stage.share),
                duration(stage.hold),
                phrases.held(stage),
                plain(phrases.verdict(stage)),
                plain(stage.says),
            )
            for stage in data.stages
        ]
        yield from table(("Stage", "Share", "Hold", "Held", "Verdict", "Why"), rows)


def _way_back(data: ReportData) -> Iterator[str]:
    if data.way_back:
        yield "## The way back\n"
        yield f"{phrases.promise(data.way_back)}\n"
        yield from table(("Part", "Time", "Meaning"), phrases.times(data.way_back))


def _databases(data: ReportData) -> Iterator[str]:
    for number, line in enumerate(data.databases):
        yield f"{chr(10) if number else ''}## Database {plain(line.name)}\n"
        yield from table(("", ""), [(name, plain(said)) for name, said in database_phrases.facts(line)])
        if line.parts:
            yield ""
            rows = [database_phrases.part(each) for each in line.parts]
            yield from table(("Part of its way back", "Time", "At most", "Meaning"), rows)


def _section(section: Table) -> Iterator[str]:
    yield f"## {plain(section.title)}"
    yield from (f"\n{plain(sentence)}" for sentence in section.says)
    if section.rows:
        yield ""
        yield from table(section.heads, [tuple(map(plain, row)) for row in section.rows])


def _timeline(data: ReportData) -> Iterator[str]:
    if data.timeline:
        yield "## Timeline\n"
        yield "Times are UTC.\n"
        rows = [
            (phrases.moment(event.at, data), phrases.since_start(event.at, data), plain(event.text or ""))
            for event in data.timeline
        ]
        yield from table(("Time", "After", "What"), rows)


def _people(data: ReportData) -> Iterator[str]:
    if data.people:
        yield "## Who did what\n"
        rows = [(phrases.moment(event.at, data), plain(event.actor), plain(event.text or "")) for event in data.people]
        yield from table(("Time", "Who", "What"), rows)


def _record(data: ReportData) -> Iterator[str]:
    yield "## Record\n"
    yield f"Plan {_code(data.release.plan)}, SHA-256 {_code(data.release.plan_digest)}."
    if data.last:
        yield f"\n{phrases.proof(data.last)}\n"
        yield f"```console\n{phrases.command(data.last)}\n```"


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table; its cells are Markdown already."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def plain(text: str) -> str:
    """Escape what Markdown or HTML would read as markup, and keep the text on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _quoted(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines of a log as code; indented as it is, nothing in them can end the code."""
    for line in lines:
        yield f"    {''.join(each if each.isprintable() else ' ' for each in line)}"


def _code(text: str) -> str:
    """Return `text` as code; nothing in it can end the code."""
    return f"`{' '.join(text.split()).replace('`', chr(0x2019)).replace('|', '¦')}`" if text else "—"
