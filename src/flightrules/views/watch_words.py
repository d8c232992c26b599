"""What happens in the watch of a release that is in service, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flightrules.domain import health
from flightrules.domain.figures import duration
from flightrules.domain.verdict import Verdict
from flightrules.views.model import Tone

Data = Mapping[str, Any]


def _started(data: Data) -> tuple[str, Tone]:
    return f"in service, and watched for {duration(data['lasts'])} before the release is sealed", Tone.NEWS


def _reported(data: Data) -> tuple[str, Tone]:
    return health.words(data), Tone.WARNING if data["rules"] else Tone.NEWS


def _signed(data: Data) -> tuple[str, Tone]:
    role, why = (f" ({data['role']})" if data["role"] else ""), (f": {data['reason']}" if data["reason"] else "")
    word, tone = ("signed", Tone.GOOD) if data["approved"] else ("refused", Tone.BAD)
    return f"{data['item']}: {word} by {data['by']}{role}{why}", tone


def _ended(data: Data) -> tuple[str, Tone]:
    watched = f"the watch is over, after {duration(data['seconds'])}"
    says = f": {data['says']}" if data["says"] else ""
    if data["verdict"] == Verdict.PASS:
        return f"{watched}{says}", Tone.GOOD
    return f"{watched}, and not as agreed{says}", Tone.BAD


def _superseded(data: Data) -> tuple[str, Tone]:
    return f"the watch ends before its time: {data['by'] or 'another version'} is to be released", Tone.WARNING


def _sealed(data: Data) -> tuple[str, Tone]:
    return f"{sealed(data)}; with entry {data['entry']} of the ledger, {data['hash'][:12]}", Tone.GOOD


def sealed(data: Data) -> str:
    """Return how a release was sealed; `data` has `how`, `by` and `missing`."""
    missing = f" (missing: {'; '.join(data['missing'])})" if data["missing"] else ""
    how = {
        "all the same": f", decided by {data['by']}, although not everything is as agreed",
        "superseded": f" before its time, {data['by'] or 'another version'} follows",
    }.get(data["how"], "")
    return f"sealed{how}{missing}"


SAY: Mapping[str, Callable[[Data], tuple[str, Tone]]] = {
    "watch.started": _started,
    "health.reported": _reported,
    "watch.signed": _signed,
    "watch.ended": _ended,
    "watch.superseded": _superseded,
    "release.sealed": _sealed,
}
