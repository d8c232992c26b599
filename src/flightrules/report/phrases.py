"""How the parts of a report are put in words, the same in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from flightrules.domain.comparing.wording import roughly
from flightrules.domain.figures import duration, plain
from flightrules.report.data import EventLine, ReportData, StageLine, VersionLine
from flightrules.views.model import ComparisonView, RateView, WayBackView

DAY = 86_400

PARTS = {
    "detect": "from the first sign to the decision, at most; before the way back",
    "decide": "from the decision to the beginning of the way back",
    "ready": "until the stable version was ready",
    "shift": "until the router confirmed that the traffic had moved",
    "drain": "until the requests in flight had ended",
    "stop": "until the candidate had stopped",
    "database": "until the databases were done with",
}
"""The measured parts of a way back."""


def moment(at: float, data: ReportData) -> str:
    """Return the time of day (UTC), with the date where the release took more than a day."""
    form = "%H:%M:%S" if data.until - data.began < DAY else "%b %d %H:%M:%S"
    return datetime.fromtimestamp(at, UTC).strftime(form)


def day(at: float) -> str:
    """Return the date and time in full, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def since_start(at: float, data: ReportData) -> str:
    """Return how long after the start of the release something happened."""
    return f"+{duration(max(0.0, round(at - data.began, 1)))}"


def took(data: ReportData) -> str:
    """Return from when to when the release went, and how long that was."""
    begun, ended = day(data.began), data.release.ended_at
    if ended is None:
        return f"{begun}, not ended"
    until = day(ended).removeprefix(f"{begun[:10]} ")
    return f"{begun} to {until} ({duration(ended - data.began)})"


def verdict(stage: StageLine) -> str:
    """Return the verdict of a stage, or that there is none yet."""
    return stage.verdict or "still holding"


def held(stage: StageLine) -> str:
    """Return how long a stage was held, of how long it should have been."""
    return "—" if stage.seconds is None else duration(round(stage.seconds, 1))


def answered(version: VersionLine) -> str:
    """Return the requests of a version, and how many went wrong."""
    if version.requests is None or version.bad is None:
        return "not observed"
    return f"{version.requests:,} requests, {version.bad:,} of them failed"


def times(way_back: WayBackView) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the time and the meaning of each part of the way back that there is."""
    for name, meaning in PARTS.items():
        seconds = getattr(way_back, name)
        if name == "database" and seconds is None:  # most ways back have nothing to do with one
            continue
        yield name, "not known" if seconds is None else duration(seconds), meaning


def promise(way_back: WayBackView) -> str:
    """Say how long the way back took against what the plan allows; empty before it ended."""
    if way_back.total is None:
        return "The way back has not ended."
    took = f"The way back took {duration(way_back.total)}"
    if way_back.within is None:
        return f"{took}."
    kept = "within" if way_back.total <= way_back.within else "longer than"
    return f"{took}, {kept} the {duration(way_back.within)} that the plan allows."


def compared(view: ComparisonView, data: ReportData) -> Iterator[str]:
    """Yield sentences: what each version failed, and what follows from it."""
    names = {each.part: each.name for each in data.versions if each.service == view.service}
    candidate, stable = names.get("candidate", "the candidate"), names.get("stable", "stable")
    yield f"{candidate} failed {failed(view.candidate)}; {stable} failed {failed(view.stable)}, in the same time."
    reached = f"log E ended at {view.log_e:.1f}, at {view.limit:.1f} the release is called back"
    if view.certified:
        yield f"{candidate} is certified, it fails less than twice as often as {stable}; {reached}."
    else:
        yield f"{candidate} is not certified{_needed(view, stable, data)}; {reached}."
    if not view.estimated:
        yield (
            f"Too few errors of {stable} were seen to know whether errors come in clusters: out of caution "
            f"all evidence was divided by {plain(view.overdispersion)}."
        )
    elif view.overdispersion > 1:
        yield f"Errors come in clusters of about {view.overdispersion:.1f}: all evidence was divided by that."


def _needed(view: ComparisonView, stable: str, data: ReportData) -> str:
    """Say what it would have taken; nothing of a release that went back: more requests were not what it lacked."""
    if not view.needed or data.release.outcome not in (None, "released"):
        return ""
    return f": as rarely as {stable} failed, that would have taken about {roughly(view.needed)} more requests of it"


def failed(rate: RateView) -> str:
    """Return `16 of 762 requests (2.1%; 1.3% to 3.4%)`."""
    of = f"{rate.bad:,} of {rate.requests:,} requests"
    if not rate.requests:
        return of
    each = [f"{_two_digits(value)}%" for value in (100 * rate.bad / rate.requests, rate.low, rate.high)]
    return f"{of} ({each[0]}; {each[1]} to {each[2]})"


def _two_digits(value: float) -> str:
    return plain(float(f"{value:.2g}"))


def command(last: EventLine) -> str:
    """Return the command that verifies the record against this report."""
    return f"flight ledger verify --known {last.number}:{last.hash}"


def proof(last: EventLine) -> str:
    """Say what the command shows."""
    return (
        f"This report ends with entry {last.number} of the ledger. As long as that entry has the hash that it has "
        "here, nothing up to it was changed, removed or added:"
    )
