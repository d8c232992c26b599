"""Rotas in calendars (iCalendar, RFC 5545), as PagerDuty, Opsgenie and Google Calendar export them.

Read whole, up to a limit, and never written. The address of a calendar is often a secret by itself, so it is called by
its host alone. Which person an entry means is told by its attendees, or by its title.
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flightrules.domain.clock_times import moment_of
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import size
from flightrules.domain.people import Person

if TYPE_CHECKING:
    from aiohttp import ClientResponse

LARGEST = 8 << 20
"""Bytes of a calendar that are read."""
PIECE = 1 << 16
COMPLAINT = 100
"""Characters that are told of what is wrong with one."""

_ADDRESS = re.compile(r"(https?|webcal)://\S+", re.IGNORECASE)
_TOO_OFTEN = re.compile(r"^RRULE[^\r\n]*FREQ=(SECONDLY|MINUTELY)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Duty:
    """One entry: its title, the mail addresses of who takes part, and its stretch in seconds since 1970."""

    title: str
    emails: frozenset[str]
    since: float
    until: float

    def means(self, person: Person) -> bool:
        """Whether it is the duty of `person`: they take part, or the title names them."""
        email = person.contacts.get("email", "").lower()
        if email and email in self.emails:
            return True
        title = self.title.lower().strip()
        return title in (person.key.lower(), person.login.lower()) or any(
            re.search(rf"(?<!\w){re.escape(name)}(?!\w)", title) for name in (email, person.called.lower()) if name
        )


def place(text: str | None) -> str | None:
    """Return where a calendar is. Raises `ValueError` for what is neither a file nor an address."""
    if text is not None and "://" in text and not _ADDRESS.fullmatch(text):
        raise ValueError("this is no address of a calendar; write one that begins with `https://`, or a file")
    return text


async def read(where: str, folder: Path) -> bytes:
    """Return the calendar at `where`; a file is looked for in `folder`. Raises `SourceUnreachable`."""
    if _ADDRESS.fullmatch(where):
        return await _fetched(re.sub("^webcal:", "https:", where, flags=re.IGNORECASE))
    try:
        text = await asyncio.to_thread(_begin_of, folder / where)
    except OSError as error:
        raise SourceUnreachable(f"the calendar {where} cannot be read: {error.strerror or error}") from error
    return _not_too_large(text, f"the calendar {where}")


def _begin_of(file: Path) -> bytes:
    if not file.is_file():  # a pipe would be waited for
        raise FileNotFoundError(2, "there is no such file")
    with file.open("rb") as handle:
        return handle.read(LARGEST + 1)


async def _fetched(address: str) -> bytes:
    import aiohttp

    called = f"the calendar at {urlsplit(address).hostname}"
    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
    try:
        async with session, session.get(address, allow_redirects=False) as answer:
            if answer.status != 200:
                raise SourceUnreachable(f"{called} answered {answer.status}")
            return _not_too_large(await _content(answer), called)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # The words of an error may hold the address, and with it its token.
        raise SourceUnreachable(f"{called} cannot be read ({type(error).__name__})") from error


async def _content(answer: ClientResponse) -> bytes:
    text = b""
    while len(text) <= LARGEST and (piece := await answer.content.read(PIECE)):
        text += piece
    return text


def _not_too_large(text: bytes, called: str) -> bytes:
    if len(text) > LARGEST:
        raise SourceUnreachable(f"{called} has more than the {size(LARGEST)} that are read")
    return text


def duties(text: bytes, since: float, until: float, zone: tzinfo) -> tuple[Duty, ...]:
    """Return every entry between two moments, each of one that recurs, in the order in which they begin.

    Whole days, and times that say no zone, are those of `zone`. What was called off, and who declined, does not count.
    Raises `SourceUnreachable` for what is no calendar, or where what reads them is not installed.
    """
    if importlib.util.find_spec("recurring_ical_events") is None:
        raise SourceUnreachable(
            "what reads calendars is not installed; run: pip install 'flightrules[calendar]', or write the rota under "
            "`on_call` in team.yaml"
        )
    if _TOO_OFTEN.search(text.decode(errors="replace")):
        raise SourceUnreachable("the calendar has an entry that recurs every minute or second, which is no rota")
    import icalendar
    import recurring_ical_events

    begins, ends = (datetime.fromtimestamp(each, UTC).astimezone(zone) for each in (since, until))
    try:
        events = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(begins, ends)
        found = [duty for event in events for duty in _duty(event, zone)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        # What is wrong with it quotes it, whatever that is: a picture, for instance.
        says = "".join(each if each.isprintable() else "?" for each in str(error))[:COMPLAINT] or type(error).__name__
        raise SourceUnreachable(f"the calendar is none that can be read: {says}") from error
    there = (each for each in found if each.since < until and each.until > since)
    return tuple(sorted(there, key=lambda each: each.since))


def _duty(event: Any, zone: tzinfo) -> Iterator[Duty]:
    if str(event.get("STATUS", "")).upper() != "CANCELLED":
        since, until = _moment(event.start, zone), _moment(event.end, zone)
        yield Duty(str(event.get("SUMMARY", "")), frozenset(_emails(event)), since, until)


def _emails(event: Any) -> Iterator[str]:
    attendees = event.get("ATTENDEE", [])
    for each in attendees if isinstance(attendees, list) else [attendees]:
        if str(each.params.get("PARTSTAT", "")).upper() != "DECLINED":
            yield re.sub("^mailto:", "", str(each), flags=re.IGNORECASE).strip().lower()


def _moment(when: date | datetime, zone: tzinfo) -> float:
    if isinstance(when, datetime):
        return (when if when.tzinfo else when.replace(tzinfo=zone)).timestamp()
    return moment_of(when, 0, zone)
