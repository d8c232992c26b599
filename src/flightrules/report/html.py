"""The report as one HTML file that needs nothing else: no script, no network, no font.

Everything that comes from outside goes through `_text`. The page forbids scripts and loading by its own policy
too, so that a hostile version name that slipped through could do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from string import Template

from flightrules.domain.figures import duration, plain
from flightrules.report import charts, comparison_charts, database_phrases, phrases
from flightrules.report.data import EventLine, MetricLine, ReportData, StageLine
from flightrules.report.sections import Table
from flightrules.views.model import Tone

_TITLES = {
    "error_rate": "Error rate", "availability": "Availability", "request_rate": "Requests",
    "p50": "Latency, half of the requests (p50)", "p95": "Latency, 95 of 100 (p95)", "p99": "Latency, 99 of 100 (p99)",
}  # fmt: skip

_VERDICTS = {"pass": Tone.GOOD, "fail": Tone.BAD, "called back": Tone.BAD}


def to_html(data: ReportData) -> str:
    """Return the report as one HTML document."""
    sections = (
        _summary(data), _charts(data), _comparisons(data), _stages(data), _way_back(data), _databases(data),
        *(_section(each) for each in data.sections), _versions(data),
        _timeline(data), _people(data), _record(data),
    )  # fmt: skip
    page = Template(files("flightrules.report").joinpath("page.html").read_text(encoding="utf-8"))
    title = f"{data.release.plan}: {data.headline}"
    return page.substitute(
        title=_text(title), tone=data.tone, body="\n".join(part for each in sections for part in each)
    )


def _summary(data: ReportData) -> Iterator[str]:
    release = data.release
    yield f'<header><p class="over">{_text(release.plan)} · {_text(release.kind)} {_text(release.id)}</p>'
    yield f"<h1>{_text(data.headline)}</h1>"
    if data.decided:
        yield f'<p class="decided"><b>What decided:</b> {_text(data.decided)}</p>'
    if data.log:
        yield f"<pre>{_text(chr(10).join(data.log))}</pre>"
    yield "</header>"
    facts = (
        ("When", phrases.took(data)),
        ("Started by", release.started_by),
        ("Outcome", release.outcome or "not ended"),
    )
    yield f'<dl class="facts">{"".join(_fact(name, value) for name, value in facts)}</dl>'


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>"


def _charts(data: ReportData) -> Iterator[str]:
    if not data.splits and not data.metrics:
        return
    yield "<h2>Traffic and metrics</h2>"
    yield _key(data)
    yield '<div class="charts">'
    candidates = {version.service: version.name for version in data.versions if version.part == "candidate"}
    several = len(candidates) > 1
    for service in data.splits:
        title = f"Traffic of {service}" if several else "Traffic"
        drawn = charts.split_chart(data, service, candidates.get(service, ""))
        yield _figure(title, drawn, "")
    for metric in data.metrics:
        title = title_of(metric.name) + (f" of {metric.service}" if several else "")
        yield _figure(title, charts.metric_chart(data, metric), _limits(metric))
    yield "</div>"


def _comparisons(data: ReportData) -> Iterator[str]:
    several = len(data.comparisons) > 1
    for compared in data.comparisons:
        view = compared.view
        yield f"<h2>Candidate against stable{_text(f' of {view.service}' if several else '')}</h2>"
        yield "".join(f"<p>{_text(sentence)}</p>" for sentence in phrases.compared(view, data))
        yield '<div class="charts">'
        called_back = f"at {plain(view.limit)} the release is called back"
        yield _figure("Evidence (log E)", comparison_charts.evidence_chart(data, compared), called_back)
        yield _figure(
            "Errors so far",
            comparison_charts.errors_chart(data, compared),
            "bands: 95 of 100 such intervals hold the true rate",
        )
        if view.latency is not None:
            drawn = comparison_charts.latency_chart(view.latency)
            yield _figure(
                "Latency", drawn, "part of the requests that took so long", label="how many requests took how long"
            )
        yield "</div>"


def _section(section: Table) -> Iterator[str]:
    yield f"<h2>{_text(section.title)}</h2>"
    yield "".join(f"<p>{_text(sentence)}</p>" for sentence in section.says)
    if section.rows:
        yield _table(tuple(map(_text, section.heads)), [tuple(map(_text, row)) for row in section.rows])


def title_of(metric: str) -> str:
    """Return the heading over a metric: its name in words, abbreviations in capitals."""
    words = metric.replace("_", " ").capitalize().split(" ")
    return _TITLES.get(metric) or " ".join(word.upper() if word.lower() in _ACRONYMS else word for word in words)


_ACRONYMS = frozenset({"api", "cpu", "db", "dns", "gc", "http", "id", "io", "jvm", "ram", "sql", "tcp", "tls", "url"})


def _key(data: ReportData) -> str:
    names = {part: next((v.name for v in data.versions if v.part == part), None) for part in ("candidate", "stable")}
    swatches = [
        f'<span style="--swatch:var(--{part})">{_text(name)} ({part})</span>' for part, name in names.items() if name
    ]
    swatches.append('<span class="limit">a limit of the plan</span>')
    if data.way_back:
        swatches.append('<span class="mark" style="--swatch:var(--bad)">the way back begins</span>')
    return f'<p class="key">{"".join(swatches)}</p>'


def _figure(title: str, drawn: str, caption: str, label: str = "") -> str:
    label = f'<svg role="img" aria-label="{_text(label or f"{title} over time")}"'
    below = f"<figcaption>{_text(caption)}</figcaption>" if caption else ""
    return f"<figure><h3>{_text(title)}</h3>{drawn.replace('<svg', label, 1)}{below}</figure>"


def _limits(metric: MetricLine) -> str:
    known = any(point.mean is not None for points in metric.lines.values() for point in points)
    nothing = [] if known else ["nothing could be read"]
    return "; ".join([*nothing, *(limit.text for limit in metric.limits)])


def _stages(data: ReportData) -> Iterator[str]:
    if data.stages:
        yield "<h2>Stages</h2>"
        yield _table(("Stage", "#Share", "#Hold", "#Held", "Verdict", "Why"), map(_stage, data.stages))


def _stage(stage: StageLine) -> tuple[str, ...]:
    verdict = phrases.verdict(stage)
    tone = _VERDICTS.get(verdict, Tone.WARNING)
    return (
        _text(stage.name),
        _text(stage.share),
        _text(duration(stage.hold)),
        _text(phrases.held(stage)),
        f'<span class="badge {tone}">{_text(verdict)}</span>',
        _text(stage.says),
    )


def _way_back(data: ReportData) -> Iterator[str]:
    if data.way_back:
        yield "<h2>The way back</h2>"
        yield f"<p>{_text(phrases.promise(data.way_back))}</p>"
        rows = [tuple(map(_text, row)) for row in phrases.times(data.way_back)]
        yield _table(("Part", "#Time", "Meaning"), rows)


def _databases(data: ReportData) -> Iterator[str]:
    for line in data.databases:
        yield f"<h2>Database {_text(line.name)}</h2>"
        rows = [(_text(name).replace(" ", "&nbsp;"), _text(said)) for name, said in database_phrases.facts(line)]
        yield _table(("", ""), rows)
        if line.parts:
            parts = [tuple(map(_text, database_phrases.part(each))) for each in line.parts]
            yield "<h3>Its way back</h3>"
            yield _table(("Part", "#Time", "#At most", "Meaning"), parts)


def _versions(data: ReportData) -> Iterator[str]:
    if data.versions:
        yield "<h2>Versions</h2>"
        rows = [
            (_text(each.service), each.part, _text(each.name), _text(phrases.answered(each)), _code(each.digest))
            for each in data.versions
        ]
        yield _table(("Service", "Part", "Version", "Seen", "Digest"), rows)


def _timeline(data: ReportData) -> Iterator[str]:
    if data.timeline:
        yield '<h2>Timeline</h2><ol class="timeline">'
        for event in data.timeline:
            when = f"{phrases.moment(event.at, data)} &nbsp;{_text(phrases.since_start(event.at, data))}"
            yield f'<li class="{event.tone}"><time>{when}</time><div class="what">{_text(event.text or "")}</div></li>'
        yield "</ol>"


def _people(data: ReportData) -> Iterator[str]:
    if data.people:
        yield "<h2>Who did what</h2>"
        rows = [(phrases.moment(event.at, data), _text(event.actor), _text(event.text or "")) for event in data.people]
        yield _table(("Time (UTC)", "Who", "What"), rows)


def _record(data: ReportData) -> Iterator[str]:
    yield "<h2>Record</h2>"
    if data.last:
        yield f"<p>{_text(phrases.proof(data.last))}</p><pre>{_text(phrases.command(data.last))}</pre>"
    digest = _code(data.release.plan_digest)
    yield f"<details><summary>The plan as it was agreed</summary><p>SHA-256 {digest}</p>"
    yield f"<pre>{_text(data.release.plan_text)}</pre></details>"
    yield f"<details><summary>Every entry of the ledger ({len(data.events)})</summary>"
    yield _table(("#Number", "Time (UTC)", "Kind", "Who", "Hash"), [_entry(event, data) for event in data.events])
    yield "</details><footer>Times are UTC. Written by Flight Rules from its ledger and its observations.</footer>"


def _entry(event: EventLine, data: ReportData) -> tuple[str, ...]:
    at = phrases.moment(event.at, data)
    return str(event.number), at, _text(event.kind), _text(event.actor), _code(event.hash[:16])


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table of cells that are HTML already; a head that begins with `#` is one of figures.

    Without any heads it is a list of facts with their names.
    """
    kinds = [' class="number"' if head.startswith("#") else "" for head in heads]
    kinds[-1] = kinds[-1] or ' class="words"'
    first = "".join(f"<th{kind}>{head.lstrip('#')}</th>" for kind, head in zip(kinds, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{cell}</td>' for kind, cell in zip(kinds, row, strict=True))}</tr>" for row in rows
    )
    head = f"<tr>{first}</tr>" if any(heads) else ""
    return f'<div class="scroll"><table>{head}{body}</table></div>'


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>" if text else "—"


def _text(text: str) -> str:
    """Escape `text` for HTML, in elements as in attributes."""
    return escape(str(text), quote=True)
