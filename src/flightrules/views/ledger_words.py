"""Every entry of the ledger in plain words, also those of which the live view says nothing.

Whoever reads the record a year later misses no entry in it; whoever watches a release is told each thing once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flightrules.domain.events import MACHINE, Entry
from flightrules.domain.figures import duration
from flightrules.views.model import Tone
from flightrules.views.step_words import patterns, said_of, step_words
from flightrules.views.wording import Cast, Data, Words, words

_BEHIND_THE_SCENES = patterns(
    (r"start/(?P<service>.+)/tidy", "stopping versions{of} that nobody needs any more"),
    (r"stages/\d+-(?P<stage>.+)/hold", "watching stage {stage} while it holds"),
    (r"stages/\d+-(?P<stage>.+)/ask", "waiting for a person to decide about stage {stage}"),
    (r"(code|shutdown)/begin", "putting on record why there is a way back"),
    (r"database/(?P<database>[^/]+)/contract/approval", "waiting for approval: the contraction of database {database}"),
    (r"database/(?P<database>[^/]+)/approval", "waiting for approval: the migration of database {database}"),
    (
        r"database/(?P<database>[^/]+)/checks-(before|after|back)",
        "looking at the data of database {database}",
    ),
    (r"database/(?P<database>[^/]+)/migrate", "migrating database {database}"),
    (r"database/(?P<database>[^/]+)/since", "looking which migrations of database {database} came since"),
    (r"database/(?P<database>[^/]+)/way", "deciding what becomes of database {database}"),
    (
        r"database/(?P<database>[^/]+)/restore/approval",
        "waiting for approval: the restore of database {database}",
    ),
    (r"database/(?P<database>[^/]+)/restore/look", "looking whether database {database} answers"),
    (r"database/(?P<database>[^/]+)/restore/not-done", "leaving database {database} as it is"),
    (r"database/(?P<database>[^/]+)/restore/(open|let-go)", "letting database {database} take writes again"),
    (r"down/look", "looking what runs"),
    (r"(code|shutdown)/end", "putting the times of the way back on record"),
    (r"(back|shutdown)/(?P<service>.+)/in-service", "putting on record that {stable}{of} is what serves"),
)


def ledger_words(entry: Entry, cast: Cast) -> Words:
    """Return what is said of `entry`; one of a kind that is not known is called by its kind."""
    said = words(entry, cast)
    if said is not None:
        return said
    say = _SAY.get(entry.event.kind)
    return Words(say(entry.event.data, entry, cast) if say else entry.event.kind, Tone.QUIET)


def full_step_words(step: str, cast: Cast) -> str:
    """Return what goes on while `step` does; its name where that is all there is to say."""
    return step_words(step, cast.versions) or said_of(step, _BEHIND_THE_SCENES, cast.versions) or f"step {step}"


def _step_started(data: Data, entry: Entry, cast: Cast) -> str:
    return full_step_words(data["step"], cast)


def _step_ended(data: Data, entry: Entry, cast: Cast) -> str:
    return f"{full_step_words(data['step'], cast)}: done after {duration(data['seconds'])}"


def _step_left(data: Data, entry: Entry, cast: Cast) -> str:
    after = duration(data["seconds"])
    return f"{full_step_words(data['step'], cast)}: left after {after}: {data['error']['what']}"


def _stage_decided(data: Data, entry: Entry, cast: Cast) -> str:
    stage = (entry.event.key or "").removesuffix("/decided").partition("-")[2]
    who = f"decided by {entry.event.actor}" if entry.event.actor != MACHINE else "decided by a rule"
    what = f"the release steps back to {data['to']}" if data["ask"] == "step-back" else "it is passed"
    return f"stage {stage} is {who}: {what}"


def _called_back(data: Data, entry: Entry, cast: Cast) -> str:
    return f"it is certain that the release goes back: {data['failure']['what']}"


def _told(data: Data, entry: Entry, cast: Cast) -> str:
    return f"people are told: {data['text']}"


def _answered(data: Data, entry: Entry, cast: Cast) -> str:
    role = f" ({data['role']})" if data["role"] else ""
    why = f": {data['reason']}" if data["reason"] else ""
    return f"{'approved' if data['approved'] else 'rejected'} by {data['by']}{role}{why}"


def _signed(data: Data, entry: Entry, cast: Cast) -> str:
    comment = f": {data['reason']}" if data["reason"] else ""
    version = data.get("version") or entry.event.version[:12]
    return f"{data['item']}: signed for {version} by {data['by']} ({data['role']}){comment}"


def _migrating(data: Data, entry: Entry, cast: Cast) -> str:
    return f"the migration of database {data['database']} begins: from here on a way back takes care of it"


def _undoing(data: Data, entry: Entry, cast: Cast) -> str:
    return f"the undo of database {data['database']} begins"


def _undo_failed(data: Data, entry: Entry, cast: Cast) -> str:
    return f"the undo of database {data['database']} failed, and said so: {data['why']}"


_SAY: Mapping[str, Callable[[Data, Entry, Cast], str]] = {
    "step.started": _step_started,
    "step.ended": _step_ended,
    "step.failed": _step_left,
    "stage.decided": _stage_decided,
    "release.called_back": _called_back,
    "people.told": _told,
    "question.answered": _answered,
    "signature.given": _signed,
    "migration.started": _migrating,
    "undo.started": _undoing,
    "undo.failed": _undo_failed,
}
