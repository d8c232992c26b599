"""Severities in words: in the events, in the view of a release, in the plan as it is shown."""

from pathlib import Path

import pytest

from flightrules.domain import severity_words as agreed_words
from flightrules.domain.severities import AskPeople, Decision, Severity
from flightrules.records import Records
from flightrules.testing.fake_clock import FakeClock
from flightrules.views import severity_words
from flightrules.views.following import Following
from flightrules.views.model import ReleaseView, SeverityView
from flightrules.views.plan_view import plan_json
from tests.release.plans import plan
from tests.written import PLAN, Written

P3 = Severity(AskPeople(("on-call", "lead"), 600.0, Decision.SHUT_DOWN), 1800.0)
WORDS = "watched for 30m, if it is no better: on-call or lead is asked, without an answer within 10m: shut down"


@pytest.mark.parametrize(
    ("agreed", "said"),
    [
        (Severity(Decision.ROLL_BACK), "roll back"),
        (Severity(AskPeople()), "somebody is asked, without an answer within 15m: roll back"),
        (Severity(Decision.ROLL_BACK, 60.0), "watched for 1m, if it is no better: roll back"),
        (P3, WORDS),
    ],
)
def test_what_was_agreed_reads_in_the_order_in_which_it_happens(agreed: Severity, said: str) -> None:
    assert agreed_words.agreed(agreed) == said
    assert plan_json(plan(severities={"P3": agreed}))["severities"] == {"P3": said}


def test_an_event_says_what_follows_and_what_a_person_saw() -> None:
    declared = {"level": "P2", "says": "error_rate of v2 is 7%", "follows": "roll back"}
    assert severity_words.SAY["severity.declared"](declared)[0] == "P2: roll back"
    by_hand = declared | {"says": "declared by lea: mails", "by": "lea"}
    assert severity_words.SAY["severity.declared"](by_hand)[0] == "P2 declared by lea: mails; roll back"


@pytest.mark.parametrize(
    ("how", "by", "said"),
    [
        ("better", "", "P2: it has got better, and is over"),
        ("kept", "otto (on-call)", "P2: the release goes on by decision of otto (on-call)"),
        ("fix forward", "", "P2: the release goes on, to be mended in the next version"),
        ("superseded", "v3", "P2: v3 follows"),
    ],
)
def test_an_event_says_how_it_was_decided(how: str, by: str, said: str) -> None:
    assert severity_words.SAY["severity.ended"]({"level": "P2", "how": how, "by": by})[0] == said


AGREED = PLAN + "rollback: {severities: {P1: roll back, P2: ask, P3: {watch: 30m, ask: on-call, within: 10m}}}\n"
TEAM = "people: {otto: {}}\nroles: {on-call: otto}\n"


@pytest.fixture
def declared(records: Records, clock: FakeClock, tmp_path: Path) -> Written:
    """A release that holds at 5 %, about which P3 was declared."""
    (tmp_path / "team.yaml").write_text(TEAM)
    records.lease.acquire()
    written = Written(records, clock, tmp_path, text=AGREED)
    written.started().holds(1, "canary", 5)
    declare(written, 1, "P3")
    return written


def declare(written: Written, number: int, level: str) -> None:
    follows = agreed_words.agreed(written.plan.severities[level])
    written.event(
        "severity.declared", f"rules/{number}/declared", number=number, level=level, says="mails", follows=follows
    )


def ask(written: Written, number: int) -> None:
    says = {"says": "P3: mails", "role": "on-call", "item": "", "who": "", "otherwise": "the release goes back"}
    written.event("question.asked", f"severities/{number}/asked", **says)


def view_of(written: Written) -> ReleaseView:
    return Following(written.records, written.plan, written.release).view()


def test_a_view_says_what_is_undecided_and_until_when_it_is_watched(declared: Written, clock: FakeClock) -> None:
    view = view_of(declared)
    follows = "watched for 30m, if it is no better: on-call is asked, without an answer within 10m: roll back"
    assert view.severity == SeverityView("P3", "mails", follows, clock.now(), clock.now() + 1800, False)
    assert view.then == f"the candidate gets no more traffic before P3 is decided: {follows}"


def test_a_view_says_until_when_an_answer_is_awaited(declared: Written, clock: FakeClock) -> None:
    ask(declared, 1)
    view = view_of(declared)
    assert view.severity is not None
    assert (view.severity.asked, view.severity.until) == (True, clock.now() + 600)
    assert view.then == "the release goes back, unless somebody answers"
    assert view.can == ("flight approve --as on-call", "flight reject --as on-call", "flight abort")


def test_once_a_worse_one_is_declared_nobody_is_asked_about_the_milder(declared: Written) -> None:
    ask(declared, 1)
    declare(declared, 2, "P1")
    view = view_of(declared)
    assert view.severity is not None
    assert (view.severity.level, view.severity.until) == ("P1", None)
    assert view.to_decide == ""


def test_once_it_is_decided_there_is_none(declared: Written) -> None:
    ask(declared, 1)
    declared.event("severity.ended", "severities/1/ended", number=1, level="P3", says="mails", how="kept", by="otto")
    view = view_of(declared)
    assert (view.severity, view.then, view.to_decide) == (None, "quarter, 25%", "")
