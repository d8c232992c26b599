"""What is found after a way back, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flightrules.domain import health
from flightrules.views.model import Tone

Data = Mapping[str, Any]


def _verified(data: Data) -> tuple[str, Tone]:
    return data["says"], Tone.BAD if data["wrong"] else Tone.GOOD


def _watched(data: Data) -> tuple[str, Tone]:
    return data["says"], Tone.NEWS


def _doubted(data: Data) -> tuple[str, Tone]:
    return data["says"], Tone.BAD


def _ended(data: Data) -> tuple[str, Tone]:
    return health.recovery_words(data), Tone.BAD if data["rules"] else Tone.GOOD


SAY: Mapping[str, Callable[[Data], tuple[str, Tone]]] = {
    "recovery.verified": _verified,
    "recovery.started": _watched,
    "recovery.doubted": _doubted,
    "recovery.ended": _ended,
}
