"""Who is on call, by the team file and by real calendars: gaps, people who cannot be reached, and whatever is none."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from flightrules.checks import oncall
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.on_call import Weekly
from flightrules.domain.people import Person, Team
from flightrules.domain.verdict import Verdict
from flightrules.plan_file import load
from flightrules.ports.check import Found, Tools
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.scenario import FakeCommands
from tests.plan_file.plans import SMALL

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 21, 12, tzinfo=BERLIN).timestamp()
"""A Saturday."""
ANNA = Person("anna", "aberg", "Anna Berg", {"email": "anna@example.org", "phone": "+49 30 1"})
OTTO = Person("otto", "otto", "Otto Maier", {"email": "Otto@example.org"})
ROLES = {"on-call": ("anna", "otto"), "lead": ("anna",)}
WEEK = (
    Weekly("on-call", ("anna",), tuple(range(7)), 8 * 60, 26 * 60),
    Weekly("on-call", ("otto",), tuple(range(7)), 6 * 60, 8 * 60),
)
TEAM = Team((ANNA, OTTO), ROLES, on_call=WEEK)

PAGERDUTY = """\
BEGIN:VCALENDAR
PRODID:-//PagerDuty Inc//On-Call Schedule//EN
VERSION:2.0
METHOD:PUBLISH
X-WR-CALNAME:On Call Schedule for Shop
BEGIN:VEVENT
UID:1
DTSTART:20261121T100000Z
DTEND:20261121T170000Z
SUMMARY:On Call - Anna Berg - Shop Primary
ATTENDEE:mailto:anna@example.org
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20261121T170000Z
DTEND:20261122T070000Z
SUMMARY:On Call - Eve Adams - Shop Primary
ATTENDEE:mailto:eve@example.org
END:VEVENT
END:VCALENDAR
"""
GOOGLE = """\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
X-WR-TIMEZONE:Europe/Berlin
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:days@google.com
DTSTART;TZID=Europe/Berlin:20260601T080000
DTEND;TZID=Europe/Berlin:20260601T200000
RRULE:FREQ=DAILY
EXDATE;TZID=Europe/Berlin:20261122T080000
SUMMARY:Anna Berg on call
END:VEVENT
BEGIN:VEVENT
UID:nights@google.com
DTSTART;TZID=Europe/Berlin:20260601T200000
DTEND;TZID=Europe/Berlin:20260602T080000
RRULE:FREQ=DAILY
SUMMARY:otto
END:VEVENT
BEGIN:VEVENT
UID:nights@google.com
RECURRENCE-ID;TZID=Europe/Berlin:20261121T200000
DTSTART;TZID=Europe/Berlin:20261121T220000
DTEND;TZID=Europe/Berlin:20261122T080000
SUMMARY:otto
END:VEVENT
END:VCALENDAR
"""
DAY = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//us//EN
BEGIN:VEVENT
UID:3
DTSTART;VALUE=DATE:20261121
DTEND;VALUE=DATE:20261122
{more}SUMMARY:On call
END:VEVENT
END:VCALENDAR
"""


async def asked(folder: Path = Path(), team: Team | None = TEAM, **options: object) -> Found:
    tools = Tools(
        "people", 5.0, folder, folder / "keep", "", "v2", FakeCommands(), FakeClock(NOON), team=team, zone=BERLIN,
        lasts=8 * 3600.0,
    )  # fmt: skip
    return await oncall.create(oncall.Options(**{"oncall": "on-call", **options}), tools).look()


async def test_without_a_word_about_it_somebody_is_on_call_for_as_long_as_the_release_takes() -> None:
    found = await asked()
    assert found.says == "on call as on-call for 8h, until 2026-11-21 20:00 Europe/Berlin: Anna Berg"
    assert found.verdict is None
    assert found.evidence == {
        "role": "on-call",
        "from": "2026-11-21T11:00:00+00:00",
        "until": "2026-11-21T19:00:00+00:00",
        "turns": [{"who": "Anna Berg", "from": "2026-11-21T07:00:00+00:00", "until": "2026-11-22T01:00:00+00:00"}],
    }


async def test_a_gap_is_named_with_its_day_and_its_time_zone() -> None:
    found = await asked(**{"for": 24 * 3600.0})
    assert found.verdict is Verdict.FAIL
    assert found.says == "nobody is on call as on-call from 02:00 to 06:00 on Sunday 2026-11-22 Europe/Berlin"


async def test_of_a_role_without_turns_nobody_is_ever_on_call() -> None:
    found = await asked(oncall="lead", **{"for": 3600.0})
    assert found.says == "nobody is on call as lead from 12:00 to 13:00 on Saturday 2026-11-21 Europe/Berlin"


async def test_who_is_on_call_has_to_be_reachable_as_the_plan_says() -> None:
    night = Team((ANNA, OTTO), ROLES, on_call=(Weekly("on-call", ("otto",), tuple(range(7)), 0, 1440),))
    assert (await asked(team=night)).verdict is None
    found = await asked(team=night, reach=("phone", "slack"))
    assert (found.says, found.verdict) == (
        "Otto Maier is on call and has no phone or slack in team.yaml", Verdict.FAIL,
    )  # fmt: skip


@pytest.mark.parametrize("team, why", [
    (None, "there is no team.yaml beside the plan"),
    (Team(broken="team.yaml:3:1: no"), "team.yaml:3:1: no"),
])  # fmt: skip
async def test_without_a_team_nobody_knows(team: Team | None, why: str) -> None:
    with pytest.raises(SourceUnreachable) as unknown:
        await asked(team=team)
    assert unknown.value.what == f"nobody knows who is on call: {why}"


async def test_a_calendar_of_single_turns_counts_for_those_of_the_role_and_names_the_others(tmp_path: Path) -> None:
    (tmp_path / "rota.ics").write_text(PAGERDUTY)
    assert (await asked(tmp_path, calendar="rota.ics", **{"for": 6 * 3600.0})).verdict is None
    found = await asked(tmp_path, calendar="rota.ics", **{"for": 8 * 3600.0})
    assert found.verdict is Verdict.FAIL
    assert found.says == (
        "nobody is on call as on-call from 18:00 to 20:00 on Saturday 2026-11-21 Europe/Berlin; who has no role "
        "on-call in team.yaml does not count: On Call - Eve Adams - Shop Primary"
    )


async def test_a_calendar_that_recurs_is_read_with_its_exceptions(tmp_path: Path) -> None:
    (tmp_path / "rota.ics").write_text(GOOGLE)
    found = await asked(tmp_path, calendar="rota.ics", **{"for": 36 * 3600.0})
    assert found.says == (
        "nobody is on call as on-call from 20:00 to 22:00 on Saturday 2026-11-21 Europe/Berlin, from 08:00 to 20:00 on "
        "Sunday 2026-11-22 Europe/Berlin"
    )
    assert [turn["who"] for turn in found.evidence["turns"]] == ["Anna Berg", "Otto Maier", "Otto Maier"]


@pytest.mark.parametrize("more, verdict", [
    ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:OTTO@example.org\n", None),
    ("ATTENDEE;PARTSTAT=DECLINED:mailto:otto@example.org\n", Verdict.FAIL),
    ("ATTENDEE:mailto:anna@example.org\nSTATUS:CANCELLED\n", Verdict.FAIL),
])  # fmt: skip
async def test_a_whole_day_is_one_of_the_plan_and_who_declined_does_not_count(
    tmp_path: Path, more: str, verdict: Verdict | None
) -> None:
    (tmp_path / "rota.ics").write_text(DAY.format(more=more))
    found = await asked(tmp_path, calendar="rota.ics", **{"for": 12 * 3600.0})
    assert found.verdict is verdict


@pytest.mark.parametrize("text, why", [
    ("BEGIN:VCALENDAR\nhello", "the calendar is none that can be read: "),
    ("", "the calendar is none that can be read: "),
    (DAY.format(more="RRULE:FREQ=SECONDLY\n"), "the calendar has an entry that recurs every minute or second"),
    (DAY.format(more="RRULE:FREQ=NEVER\n"), "the calendar is none that can be read: "),
])  # fmt: skip
async def test_what_is_no_calendar_leaves_nobody_knowing(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "rota.ics").write_text(text)
    with pytest.raises(SourceUnreachable) as unknown:
        await asked(tmp_path, calendar="rota.ics")
    assert unknown.value.what.startswith(why)


async def test_of_a_file_that_is_something_else_no_more_is_told_than_a_line_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "rota.ics").write_bytes(b"\x1b[2J\x07\x00" * 400)
    with pytest.raises(SourceUnreachable) as unknown:
        await asked(tmp_path, calendar="rota.ics")
    said = unknown.value.what
    assert said.startswith("the calendar is none that can be read: ")
    assert len(said) < 150 and said.isprintable()


@pytest.mark.parametrize("where", ["none.ics", "."])
async def test_a_calendar_that_is_not_there_leaves_nobody_knowing(tmp_path: Path, where: str) -> None:
    with pytest.raises(SourceUnreachable, match="cannot be read: there is no such file"):
        await asked(tmp_path, calendar=where)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Serves a calendar to whoever has the token, and leads whoever asks for `/moved` elsewhere."""

    async def rota(request: web.Request) -> web.Response:
        if request.path == "/moved":
            raise web.HTTPFound("/s3cret")
        if request.path != "/s3cret":
            raise web.HTTPForbidden
        return web.Response(text=PAGERDUTY, content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/{token}", rota)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_calendar_is_fetched_and_its_address_is_never_shown(address: str) -> None:
    assert (await asked(calendar=f"{address}/s3cret", **{"for": 3600.0})).verdict is None
    for path, status in (("wr0ng", 403), ("moved", 302)):
        with pytest.raises(SourceUnreachable) as unknown:
            await asked(calendar=f"{address}/{path}")
        assert unknown.value.what == f"the calendar at 127.0.0.1 answered {status}"
    with pytest.raises(SourceUnreachable) as unknown:
        await asked(calendar="http://127.0.0.1:1/s3cret")
    assert unknown.value.what.startswith("the calendar at 127.0.0.1 cannot be read (")
    assert "s3cret" not in unknown.value.what


def test_the_whole_of_it_is_read_from_a_plan_and_its_team_file(tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text(
        "people: {anna: {phone: '1'}, otto: {}}\n"
        "roles: {on-call: [anna, otto]}\n"
        "on_call:\n"
        "  - {role: on-call, who: anna, every: [weekday, sunday], from: 20:00, until: 08:00}\n"
        "  - {role: on-call, who: [anna, otto], from: 2026-12-19, until: 2026-12-20 18:00}\n"
    )
    (tmp_path / "flight.yaml").write_text(
        SMALL + "gates: {people: [{check: A, oncall: on-call, for: 4h, reach: [phone, email]}]}\n"
    )
    plan = load(tmp_path / "flight.yaml", {})
    assert plan.gates["people"][0].options == oncall.Options(
        **{"oncall": "on-call", "for": 14400.0, "reach": ("phone", "email")}
    )
    assert plan.team is not None
    assert [str(each.who) for each in plan.team.on_call] == ["('anna',)", "('anna', 'otto')"]
    assert plan.team.on_call[0] == Weekly("on-call", ("anna",), (0, 1, 2, 3, 4, 6), 1200, 1920)
    assert plan.lasts() == 2 * 3600.0
