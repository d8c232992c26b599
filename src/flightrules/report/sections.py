"""What a report says of the deployment day, external services, what people said, severities, the watch, and what came
after a way back.

Each is a heading, sentences and a table; how that is written down is for the Markdown and the HTML. Read from the
record alone: what was agreed stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from flightrules.domain import health, severity_words
from flightrules.domain.clock_times import said
from flightrules.domain.events import Entry
from flightrules.domain.figures import duration
from flightrules.domain.stating import STATED
from flightrules.views import stating_words, watch_words
from flightrules.views.recovery_words import SAY

Data = Mapping[str, Any]
Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A heading, what is said below it, and a table; either may be empty. The texts are plain."""

    title: str
    says: tuple[str, ...] = ()
    heads: Row = ()
    rows: tuple[Row, ...] = ()


def sections(entries: Sequence[Entry], began: float) -> tuple[Table, ...]:
    """Return the sections that `entries` of one release say something for; `began` is its first moment."""
    during = (_phases(entries, began), _external(entries, began), _stated(entries), _severities(entries, began))
    made = (*during, _watch(entries, began), _after_the_way_back(entries), _afterwards(entries))
    return tuple(each for each in made if each is not None)


def _of(entries: Sequence[Entry], *kinds: str) -> list[Entry]:
    return [entry for entry in entries if entry.event.kind in kinds]


def _after(at: float, began: float) -> str:
    return duration(round(max(at - began, 0.0), 1))


def _phases(entries: Sequence[Entry], began: float) -> Table | None:
    """Return how long each phase took whose time was agreed; a stage that was visited again stands there again."""
    started = _of(entries, "phase.started")
    if not started:
        return None
    ended = {entry.event.data.get("phase"): entry.event.data for entry in _of(entries, "phase.ended")}
    overran = {entry.event.data.get("phase") for entry in _of(entries, "phase.overran")}
    rows = tuple(_phase(entry, began, ended, overran) for entry in started)
    return Table("The deployment day", (), ("Phase", "Began after", "Took", "Budget", ""), rows)


def _phase(entry: Entry, began: float, ended: Mapping[Any, Data], overran: set[Any]) -> Row:
    phase, budget = entry.event.data.get("phase", ""), entry.event.data.get("budget")
    took = ended.get(phase, {}).get("seconds")
    how = "took longer than agreed" if phase in overran else "as agreed" if budget and took is not None else ""
    lasted = "not ended" if took is None else duration(took)
    return str(phase), _after(entry.at, began), lasted, duration(budget) if budget else "", how


def _external(entries: Sequence[Entry], began: float) -> Table | None:
    """Return when which external service was down."""
    down = _of(entries, "external.down", "external.up")
    outages: list[tuple[Data, float | None]] = []
    for entry in down:
        data = entry.event.data
        if entry.event.kind == "external.down":
            outages.append((data, None))
        else:
            outages = [(each, entry.at if each.get("name") == data.get("name") and up is None else up)
                       for each, up in outages]  # fmt: skip
    rows = tuple(_outage(data, up, began) for data, up in outages)
    heads = ("Service", "From", "For", "Why")
    return Table("External services that were down", (), heads, rows) if rows else None


def _outage(data: Data, up: float | None, began: float) -> Row:
    since = data.get("since", began)
    lasted = "to the end" if up is None else duration(round(up - since, 1))
    return str(data.get("name", "")), f"{_after(since, began)} after the beginning", lasted, str(data.get("why", ""))


def _stated(entries: Sequence[Entry]) -> Table | None:
    """Return what people said of metrics: who, and when."""
    rows = tuple(_saying(entry) for entry in _of(entries, STATED))
    return Table("What people said", (), ("Metric", "Value", "By", "When", "Comment"), rows) if rows else None


def _saying(entry: Entry) -> Row:
    data = entry.event.data
    who, value = stating_words.who_words(data), stating_words.value_words(data)
    return str(data["metric"]), value, who, said(entry.at, UTC), str(data.get("comment", ""))


def _severities(entries: Sequence[Entry], began: float) -> Table | None:
    """Return every severity that was declared: why, what was agreed about it, and how it was decided."""
    rows = tuple(_severity(each, entries, began) for each in _of(entries, "severity.declared"))
    return Table("Severities", (), ("", "Declared after", "Why", "Agreed", "Decided"), rows) if rows else None


def _severity(declared: Entry, entries: Sequence[Entry], began: float) -> Row:
    data = declared.event.data
    why = (str(data.get(name, "")) for name in ("says", "follows"))
    return str(data.get("level", "")), _after(declared.at, began), *why, _decided(declared, entries)


def _decided(declared: Entry, entries: Sequence[Entry]) -> str:
    """Return how it was decided: by whichever came first after it was declared."""
    for entry in entries:
        data = entry.event.data
        if entry.number <= declared.number:
            continue
        if entry.event.kind == "severity.declared":
            return f"{data.get('level', 'a worse one')} took its place"
        if entry.event.kind == "severity.ended":
            return severity_words.goes_on(str(data.get("how", "")), str(data.get("by", "")))
        if entry.event.kind == "release.called_back":
            return "the release went back"
    return "not decided"


def _watch(entries: Sequence[Entry], began: float) -> Table | None:
    """Return how the watch went: what was reported, what was signed, and how it was sealed."""
    if not _of(entries, "watch.started"):
        return None
    agreed = _of(entries, "watch.started")[0].event.data
    says = [f"Agreed were {duration(agreed.get('lasts', 0.0))} in service."]
    for kind in ("watch.ended", "watch.superseded", "release.sealed"):
        says += [_sentence(watch_words.SAY[kind](entry.event.data)[0]) for entry in _of(entries, kind)]
    says += list(_signed(entries, agreed))
    rows = tuple(row for entry in _of(entries, "health.reported") for row in _report(entry.event.data))
    heads = ("Report after", "Version", "Requests", "Errors", "p95", "Rules that fired")
    return Table("The watch", tuple(says), heads if rows else (), rows)


def _signed(entries: Sequence[Entry], agreed: Data) -> Iterator[str]:
    """Yield a sentence for each sign-off: who gave it, or that it is missing."""
    signed = {entry.event.data.get("item"): entry for entry in _of(entries, "watch.signed")}
    for due in agreed.get("sign_offs", ()):
        entry = signed.get(due["item"])
        if entry is None:
            yield f"Not signed: {due['item']}, due after {duration(due['after'])}."
        else:
            yield _sentence(watch_words.SAY["watch.signed"](entry.event.data)[0])


def _report(data: Data) -> Iterator[Row]:
    rules = ", ".join(f"{rule} ({times} times)" for rule, times in data.get("rules", {}).items()) or "none"
    for one in data.get("services", ()):
        yield duration(data.get("until", 0.0)), *health.cells(one), rules


def _after_the_way_back(entries: Sequence[Entry]) -> Table | None:
    """Return what was found of what serves again."""
    found = [_sentence(SAY[entry.event.kind](entry.event.data)[0]) for entry in entries if entry.event.kind in SAY]
    return Table("After the way back", tuple(found)) if found else None


def _afterwards(entries: Sequence[Entry]) -> Table | None:
    """Return what people owe, and by when."""
    due = [each for entry in _of(entries, "afterwards.due") for each in entry.event.data["due"]]
    rows = tuple((_capital(each["what"]), said(each["at"], UTC)) for each in due)
    return Table("Afterwards", (), ("What", "Due by"), rows) if rows else None


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _sentence(words: str) -> str:
    return f"{_capital(words)}."
