"""Follows the course of a release: its events one after the other, each read once."""

from __future__ import annotations

from flightrules.domain.events import Entry
from flightrules.views import course_back, course_onward, course_people
from flightrules.views.course import Course

CLEARS_A_HOLD = ("release.called_back", "stage.decided", "step.started", "step.ended", "goback.started")
"""Whatever of these comes, the release stands still no longer."""


def follow(course: Course, entry: Entry) -> None:
    """Follow one more event; a kind that is not known changes nothing."""
    kind = entry.event.kind
    if kind in CLEARS_A_HOLD:
        course.held = None
    meaning = _MEANINGS.get(kind)
    if meaning is not None:
        meaning(course, entry, entry.event.data)


_MEANINGS = {**course_onward.MEANINGS, **course_people.MEANINGS, **course_back.MEANINGS}
