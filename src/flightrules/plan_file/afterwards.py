"""Reads `afterwards`: what people owe once a release is over, and within what time."""

from __future__ import annotations

from flightrules.domain.plan import Afterwards
from flightrules.plan_file import values
from flightrules.plan_file.values import Slot
from flightrules.plan_file.vocabulary import AFTERWARDS

CALLED = {"report": "the report", "retrospective": "the retrospective", "post_mortem": "the post-mortem"}


def read_afterwards(slot: Slot) -> tuple[Afterwards, ...]:
    """Return what is due, in the order in which the reference has it."""
    fields = values.fields(slot, AFTERWARDS)
    if fields is None:
        return ()
    read = {key: fields.read(key, values.duration) for key in CALLED}
    return tuple(
        Afterwards(called, within, only_after_a_way_back=key == "post_mortem")
        for key, called in CALLED.items()
        if (within := read[key])
    )
