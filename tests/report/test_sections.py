"""What a report says of the deployment day, external services, the watch, and after a way back."""

from dataclasses import replace

from flightrules.report.gathering import gather
from flightrules.report.html import to_html
from flightrules.report.markdown import to_markdown
from flightrules.report.sections import sections
from tests.report.a_release import BEGAN, HAPPENED, RELEASE_ROW, entries

FIGURES = {
    "service": "web", "version": "v3", "requests": 5000, "bad": 10, "rate": 0.2, "low": 0.11, "high": 0.37,
    "p95": 0.0221, "stable": None,
}  # fmt: skip
HOUR = 3600.0
DAY = [
    (0.5, "phase.started", "flight", {"phase": "gates", "budget": 1800.0}),
    (1900.0, "phase.overran", "flight", {"phase": "gates", "budget": 1800.0, "says": "gates takes longer"}),
    (2000.0, "phase.ended", "flight", {"phase": "gates", "seconds": 1999.5, "budget": 1800.0}),
    (2001.0, "phase.started", "flight", {"phase": "canary", "budget": 7200.0}),
    (5601.0, "phase.ended", "flight", {"phase": "canary", "seconds": 3600.0, "budget": 7200.0}),
]
OUTAGE = [
    (100.0, "external.down", "flight", {"name": "openai", "since": BEGAN + 100.0, "says": "", "why": "answered 503"}),
    (400.0, "external.up", "flight", {"name": "openai", "since": BEGAN + 100.0}),
    (500.0, "external.down", "flight", {"name": "stripe", "since": BEGAN + 500.0, "says": "", "why": "no answer"}),
]
WATCHED = [
    (10.0, "watch.started", "flight", {"lasts": 28 * 86_400.0, "sign_offs": [
        {"after": 86_400.0, "item": "No critical incident"}, {"after": 604_800.0, "item": "Users content"}]}),
    (10.0 + HOUR, "health.reported", "flight", {"until": HOUR, "services": [FIGURES], "rules": {"p95 > 1s: warn": 2}}),
    (90_000.0, "watch.signed", "lea", {"item": "No critical incident", "approved": True, "by": "lea",
     "role": "release-manager", "reason": ""}),
    (2_419_300.0, "watch.ended", "flight", {"verdict": "pass", "says": "availability was 99.9%",
     "seconds": 28 * 86_400.0}),
    (2_419_301.0, "release.sealed", "flight", {"how": "as agreed", "by": "", "missing": [], "entry": 7,
     "hash": "abcdef0123456789"}),
]  # fmt: skip
P3 = {
    "number": 1,
    "level": "P3",
    "says": "p95 of v2 is 4s",
    "follows": "watched for 30m, if it is no better: roll back",
}
P2 = {"number": 2, "level": "P2", "says": "declared by lea: mails", "follows": "somebody is asked", "by": "lea"}
DECLARED = [
    (100.0, "severity.declared", "flight", P3),
    (160.0, "severity.declared", "lea", P2),
    (
        400.0,
        "severity.ended",
        "flight",
        {"number": 2, "level": "P2", "says": "", "how": "kept", "by": "otto (on-call)"},
    ),
    (900.0, "severity.declared", "flight", P3 | {"number": 3}),
]
BACK = [
    (60.0, "recovery.verified", "flight", {"says": "after the way back all is as agreed, by 3 checks", "wrong": []}),
    (960.0, "recovery.ended", "flight", {"seconds": 900.0, "services": [FIGURES], "rules": []}),
]


def of(*happened):
    return {each.title: each for each in sections(entries([*happened]), BEGAN)}


def test_a_release_about_which_nothing_of_it_was_agreed_has_none_of_these_sections() -> None:
    assert of(*HAPPENED) == {}


def test_every_severity_stands_with_why_and_with_how_it_was_decided() -> None:
    p3, p2 = ("p95 of v2 is 4s", P3["follows"]), ("declared by lea: mails", "somebody is asked")
    kept = "the release goes on by decision of otto (on-call)"
    assert of(*DECLARED)["Severities"].rows == (
        ("P3", "1m 40s", *p3, "P2 took its place"),
        ("P2", "2m 40s", *p2, kept),
        ("P3", "15m", *p3, "not decided"),
    )
    gone_back = of(*DECLARED, (960.0, "release.called_back", "flight", {"failure": {"what": "P3"}}))
    assert gone_back["Severities"].rows[-1][-1] == "the release went back"


def test_the_phases_of_the_day_stand_with_their_times_and_budgets() -> None:
    day = of(*DAY)["The deployment day"]
    assert day.rows == (
        ("gates", "500ms", "33m 20s", "30m", "took longer than agreed"),
        ("canary", "33m 21s", "1h", "2h", "as agreed"),
    )


def test_each_outage_of_an_external_service_has_its_time_and_why() -> None:
    outages = of(*OUTAGE)["External services that were down"]
    assert outages.rows == (
        ("openai", "1m 40s after the beginning", "5m", "answered 503"),
        ("stripe", "8m 20s after the beginning", "to the end", "no answer"),
    )


def test_what_people_said_stands_with_who_and_when() -> None:
    joy = {
        "metric": "joy",
        "value": 4.5,
        "unit": "",
        "scale": 5.0,
        "by": "anna",
        "role": "product",
        "comment": "12 asked",
    }
    assert of((50.0, "metric.stated", "anna", joy))["What people said"].rows == (
        ("joy", "4.5 of 5", "anna (product)", "2026-09-21 14:14 UTC", "12 asked"),
    )


def test_the_watch_stands_with_its_end_its_sign_offs_and_its_reports() -> None:
    watch = of(*WATCHED)["The watch"]
    assert watch.says == (
        "Agreed were 28d in service.",
        "The watch is over, after 28d: availability was 99.9%.",
        "Sealed; with entry 7 of the ledger, abcdef012345.",
        "No critical incident: signed by lea (release-manager).",
        "Not signed: Users content, due after 7d.",
    )
    assert watch.rows == (("1h", "v3", "5000", "0.2% (0.11% to 0.37%)", "22.1ms", "p95 > 1s: warn (2 times)"),)


def test_what_came_after_a_way_back_is_said() -> None:
    assert of(*BACK)["After the way back"].says == (
        "After the way back all is as agreed, by 3 checks.",
        "Watched for 15m after the way back: v3 5000 requests, 0.2% errors (between 0.11% and 0.37%), p95 22.1ms; no "
        "rule came true.",
    )


def test_both_ways_to_write_a_report_have_them_and_escape_what_comes_from_outside() -> None:
    hostile = [(at, kind, who, {**data, "why": "<b>|no"} if "why" in data else data) for at, kind, who, data in OUTAGE]
    data = gather(replace(RELEASE_ROW), entries([*HAPPENED, *DAY, *hostile, *WATCHED, *BACK]), [])
    markdown, html = to_markdown(data), to_html(data)
    for title in ("The deployment day", "External services that were down", "The watch", "After the way back"):
        assert f"## {title}\n" in markdown and f"<h2>{title}</h2>" in html
    assert "<b>|no" not in markdown and "<b>|no" not in html


def test_a_record_that_somebody_changed_leaves_a_report_all_the_same() -> None:
    broken = [(1.0, "phase.started", "flight", {"phase": "gates", "budget": "much"})]
    data = gather(RELEASE_ROW, entries([*HAPPENED, *broken]), [])
    assert data.sections == () and "## Timeline" in to_markdown(data)


def test_what_is_due_afterwards_stands_with_its_moment() -> None:
    due = {"due": [{"what": "the post-mortem", "at": BEGAN + 86_400.0}], "zone": "UTC"}
    afterwards = of((50.0, "afterwards.due", "flight", due))["Afterwards"]
    assert afterwards.rows == (("The post-mortem", "2026-09-22 14:13 UTC"),)
