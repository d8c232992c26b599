"""Rehearsals and drills in plain words, from what is recorded of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flightrules.views.model import Tone

Data = Mapping[str, Any]


def _began(data: Data) -> tuple[str, Tone]:
    if data["drill"] == "shutdown":
        return "drill: the services are to be shut down now", Tone.WARNING
    if data["drill"] == "service":
        return "drill: what serves is killed", Tone.WARNING
    return "drill: from now on the candidate looks healthy and fails every request", Tone.WARNING


def _unnoticed(data: Data) -> tuple[str, Tone]:
    return f"drill: {data['says']}", Tone.BAD


def _ended(data: Data) -> tuple[str, Tone]:
    what = f"drill {data['rehearsing']['drill']}" if data["rehearsing"]["drill"] else "rehearsal"
    return f"{what} of {data['version']['name']}: {data['says']}", Tone.GOOD if data["held"] else Tone.BAD


SAY: Mapping[str, Callable[[Data], tuple[str, Tone]]] = {
    "drill.began": _began,
    "drill.unnoticed": _unnoticed,
    "rehearsal.ended": _ended,
}
