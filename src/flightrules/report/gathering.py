"""Reads a release into a report, from what was recorded: pure, and tolerant of a record that is newer or cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flightrules.domain.endings import by_person
from flightrules.domain.events import Entry
from flightrules.domain.figures import duration
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Plan
from flightrules.domain.traffic import Version
from flightrules.report.comparing import compared
from flightrules.report.data import EventLine, ReportData, SplitStep, StageLine, VersionLine
from flightrules.report.databases import databases
from flightrules.report.sections import Table, sections
from flightrules.report.seen import Counts, Looks
from flightrules.state import releases
from flightrules.state.increments import Increment
from flightrules.state.observations import Seen
from flightrules.state.releases import Release
from flightrules.views.course_onward import log_of
from flightrules.views.model import Tone, WayBackView
from flightrules.views.wording import Cast, Words, words

Data = Mapping[str, Any]

COMPARE = "compare"
"""How the record calls the comparison where it names the rule that fired: as the plan does."""


def gather(
    release: Release,
    entries: Iterable[Entry],
    observations: Iterable[Seen],
    plan: Plan | None = None,
    increments: Iterable[Increment] = (),
) -> ReportData:
    """Return what there is to say about `release`.

    `entries`, `observations` and `increments` are those of this release, in order. `plan` is its plan, read again from
    `release.plan_text`; without it the report shows no limits, and no units but those of the traffic.
    """
    kept, looks = tuple(entries), Looks(observations)
    started = _data_of(kept, "release.started")
    cast = _cast(started)
    way_back = _way_back(kept)
    headline, tone = _headline(release, cast, kept)
    return ReportData(
        release=release,
        headline=f"{_rehearsed(release)}{headline}",
        decided=_decided(kept, way_back),
        log=next(filter(None, map(log_of, reversed(kept))), ()),
        tone=tone,
        began=release.created_at,
        until=release.ended_at or max(looks.until, kept[-1].at if kept else release.created_at),
        versions=_versions(started, looks.counts),
        stages=_stages(kept),
        events=tuple(_event(entry, cast) for entry in kept),
        way_back=way_back,
        splits=_splits(kept),
        metrics=looks.metrics(plan),
        comparisons=compared(increments, looks.comparisons),
        databases=databases(kept, plan),
        sections=_readable(kept, release.created_at),
    )


def _readable(entries: tuple[Entry, ...], began: float) -> tuple[Table, ...]:
    """Return the further sections; none where somebody changed what they are read from."""
    try:
        return sections(entries, began)
    except (KeyError, TypeError, AttributeError, ValueError):
        return ()


def _data_of(entries: tuple[Entry, ...], kind: str) -> Data:
    """Return the data of the last event of this kind; nothing where there is none."""
    return next((entry.event.data for entry in reversed(entries) if entry.event.kind == kind), {})


def _cast(started: Data) -> Cast:
    services = started.get("services", {})
    return Cast(
        {
            name: (parts["candidate"]["name"], parts["stable"]["name"] if parts["stable"] else None)
            for name, parts in services.items()
        }
    )


def _event(entry: Entry, cast: Cast) -> EventLine:
    said = _said(entry, cast)
    text, tone = (said.text, said.tone) if said else (None, Tone.QUIET)
    return EventLine(entry.number, entry.at, entry.event.kind, entry.event.actor, text, tone, entry.hash)


def _said(entry: Entry, cast: Cast) -> Words | None:
    """Say an event that has not what is expected of its kind by its kind: another program may have written it."""
    try:
        return words(entry, cast)
    except (KeyError, TypeError, AttributeError, ValueError):
        return Words(entry.event.kind, Tone.QUIET)


def _rehearsed(release: Release) -> str:
    """Say, before anything else, that it was none in production."""
    rehearsing = release.rehearsing
    return f"{str(rehearsing).upper()}. " if rehearsing else ""


def _headline(release: Release, cast: Cast, entries: tuple[Entry, ...]) -> tuple[str, Tone]:
    """Say in one sentence how it ended."""
    took = f" after {duration(release.ended_at - release.created_at)}" if release.ended_at else ""
    candidate, stable = cast.candidate, cast.stable
    match release.outcome:
        case Outcome.RELEASED:
            return f"{candidate} was released{took}. It carries all the traffic.", Tone.GOOD
        case Outcome.ROLLED_BACK if release.kind == releases.ROLLBACK:
            return f"Back to {stable} from {candidate}{took}. {stable} carries all the traffic.", Tone.WARNING
        case Outcome.ROLLED_BACK if stable:
            left = [e.event.data.get("database", "") for e in entries if e.event.kind == "database.left"]
            but = f" Database {' and '.join(left)} was not restored." if left else ""
            stays = [e.event.data.get("database", "") for e in entries if e.event.kind == "undo.left"]
            but += f" The migration of database {' and '.join(stays)} was not undone." if stays else ""
            return f"{candidate} was called back{took}. {stable} carries all the traffic again.{but}", Tone.BAD
        case Outcome.ROLLED_BACK:
            return f"{candidate} was called back{took}. Nothing served before it, so the page is shown.", Tone.BAD
        case Outcome.NOT_STARTED:
            return f"{candidate} was not released. Nothing was touched.", Tone.WARNING
        case Outcome.CLOSED:
            return f"The services were shut down{took}. The page is shown instead.", Tone.BAD
        case Outcome.OPENED:
            return f"The services are open again{took}.", Tone.GOOD
        case Outcome.DOWN:
            return f"Everything was ended{took}. Nothing runs any more.", Tone.WARNING
        case None:
            return _under_way(candidate, entries), Tone.WARNING
        case other:
            return f"The release ended{took}: {other}.", Tone.NEWS


def _under_way(candidate: str, entries: tuple[Entry, ...]) -> str:
    telling = ("release.held", "release.paused", "goback.started", "step.started", "stage.started")
    last = next((entry.event.kind for entry in reversed(entries) if entry.event.kind in telling), "")
    doing = {
        "release.held": "holds and waits for a person",
        "release.paused": "is paused",
        "goback.started": "is on its way back",
    }.get(last, "is under way")
    return f"The release of {candidate} {doing}. This report ends with its last record."


def _decided(entries: tuple[Entry, ...], way_back: WayBackView | None) -> str:
    """Return what decided the release, in the words of who decided it."""
    if way_back is not None:
        failure = _data_of(entries, "release.called_back").get("failure", {})
        details = failure.get("details", {}) if failure.get("what") == way_back.why else {}
        rule = details.get("rule")
        who = "the comparison" if rule == COMPARE else f"rule {rule}"
        # A rule that declares a severity ends with it, and what it saw begins with it.
        said = way_back.why.removeprefix(f"{details.get('severity')}: ")
        return f"{who}: {said}" if rule else way_back.why
    refused = _data_of(entries, "release.refused").get("why")
    if refused:
        return str(refused)
    passed = _data_of(entries, "stage.ended")
    return f"{passed['stage']}: {passed['says']}" if passed.get("says") else ""


def _way_back(entries: tuple[Entry, ...]) -> WayBackView | None:
    """Return the way that was taken last: a shutdown can cut another way back short."""
    began = next((entry for entry in reversed(entries) if entry.event.kind == "goback.started"), None)
    if began is None:
        return None
    data = began.event.data
    done = _data_of(tuple(entry for entry in entries if entry.number > began.number), "goback.ended")
    return WayBackView(
        procedure=data.get("procedure", ""),
        why=data.get("why", ""),
        started_at=began.at,
        detect=data.get("detect_seconds"),
        decide=data.get("decide_seconds"),
        ready=done.get("ready"),
        shift=done.get("shift"),
        drain=done.get("drain"),
        stop=done.get("stop"),
        database=done.get("database"),
        total=done.get("total"),
        within=done.get("within"),
    )


def _versions(started: Data, counts: Counts) -> tuple[VersionLine, ...]:
    lines = []
    for service, parts in started.get("services", {}).items():
        for part in ("candidate", "stable"):
            if parts.get(part):
                version = Version(parts[part]["name"], parts[part]["digest"])
                requests, bad = counts.get((service, version.key), (None, None))
                lines.append(VersionLine(service, part, version.name, version.digest, requests, bad))
    return tuple(lines)


def _stages(entries: tuple[Entry, ...]) -> tuple[StageLine, ...]:
    stays: list[StageLine] = []
    for entry in entries:
        data = entry.event.data
        if entry.event.kind == "stage.started":
            stays.append(StageLine(data.get("stage", ""), str(data.get("share", "")), data.get("hold", 0.0), entry.at))
        elif entry.event.kind == "stage.ended" and stays:
            stays[-1] = replace(
                stays[-1],
                ended_at=entry.at,
                seconds=data.get("seconds"),
                verdict=_verdict(data),
                says=data.get("says", ""),
            )
        elif entry.event.kind == "stage.decided" and stays and (entry.event.key or "").endswith("/ask/decided"):
            stays[-1] = replace(stays[-1], says=f"{stays[-1].says}; {by_person(data)}")
    return _cut_short(stays, next((entry for entry in entries if entry.event.kind == "goback.started"), None))


def _verdict(ended: Data) -> str | None:
    """Return how a stay ended: by the verdict of its conditions, or by a decision before the hold was over."""
    if ended.get("do") == "step back":
        return "stepped back"
    promoted = ended.get("by_person") and ended.get("verdict") == "pass"
    return "promoted" if promoted else ended.get("verdict")


def _cut_short(stays: list[StageLine], going_back: Entry | None) -> tuple[StageLine, ...]:
    """End the stage that the way back interrupted: it has no end of its own in the ledger."""
    if stays and stays[-1].ended_at is None and going_back is not None:
        seconds = going_back.at - stays[-1].started_at
        why = going_back.event.data.get("why", "")
        how = "shut down" if going_back.event.data.get("procedure") == "shutdown" else "called back"
        stays[-1] = replace(stays[-1], ended_at=going_back.at, seconds=seconds, verdict=how, says=why)
    return tuple(stays)


def _splits(entries: tuple[Entry, ...]) -> Mapping[str, tuple[SplitStep, ...]]:
    splits: dict[str, list[SplitStep]] = {}
    for entry in entries:
        if entry.event.kind == "traffic.shifted":
            data = entry.event.data
            names = data.get("names", {})
            shares = {names.get(key, key): percent for key, percent in data.get("split", {}).items()}
            step = SplitStep(entry.at, shares, bool(data.get("closed")))
            splits.setdefault(data.get("service", ""), []).append(step)
    return {service: tuple(steps) for service, steps in splits.items()}
