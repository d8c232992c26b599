"""Severities in a release, in plain words: what was declared, and how that was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flightrules.domain import severity_words
from flightrules.domain.severities import Decision
from flightrules.views.model import Tone

Data = Mapping[str, Any]


def _declared(data: Data) -> tuple[str, Tone]:
    tone = Tone.WARNING if data["follows"] == Decision.FIX_FORWARD else Tone.BAD
    who = f" {data['says']};" if data.get("by") else ":"  # what a rule saw was said when it fired
    return f"{data['level']}{who} {data['follows']}", tone


def _ended(data: Data) -> tuple[str, Tone]:
    tone = Tone.WARNING if data["how"] == severity_words.LEFT else Tone.GOOD
    return f"{data['level']}: {severity_words.goes_on(data['how'], data['by'])}", tone


SAY: Mapping[str, Callable[[Data], tuple[str, Tone]]] = {"severity.declared": _declared, "severity.ended": _ended}
