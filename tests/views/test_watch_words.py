"""The watch in words, and in the picture at the terminal."""

import pytest

from flightrules.domain.plan import Look, LookSchedule, SignOff, Watch
from flightrules.domain.schedule import PhaseTime
from flightrules.views import watch_words
from flightrules.views.plan_view import plan_json
from tests.release.plans import GOOD, plan

SEALED = {"how": "as agreed", "by": "", "missing": [], "entry": 30, "hash": "0398c257de58aa"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "sealed; with entry 30 of the ledger, 0398c257de58"),
        (
            {"how": "superseded", "by": "v3", "missing": ["Users content"]},
            "sealed before its time, v3 follows (missing: Users content); with entry 30 of the ledger, 0398c257de58",
        ),
        (
            {"how": "all the same", "by": "otto", "missing": ["p95 of v2 is 4s"]},
            "sealed, decided by otto, although not everything is as agreed (missing: p95 of v2 is 4s); "
            "with entry 30 of the ledger, 0398c257de58",
        ),
    ],
)
def test_the_seal_says_how_it_came_to_be(more: dict, said: str) -> None:
    assert watch_words.SAY["release.sealed"](SEALED | more)[0] == said


def test_a_watch_that_did_not_end_as_agreed_says_why() -> None:
    ended = {"verdict": "fail", "says": "p95 of v2 is 4s", "seconds": 604_800.0}
    assert watch_words.SAY["watch.ended"](ended)[0] == "the watch is over, after 7d, and not as agreed: p95 of v2 is 4s"


def test_a_plan_in_json_has_its_watch_and_its_sign_offs() -> None:
    watch = Watch(60.0, LookSchedule((Look(5.0),)), (GOOD,))
    told = plan_json(plan(watch=watch, sign_offs=(SignOff(30.0, ("qa",), ("Users content",)),)))
    assert told["watch"] == {"for": 60.0, "pass": ["error_rate < 1%"]}
    assert told["sign_offs"] == [{"after": 30.0, "roles": ["qa"], "items": ["Users content"]}]
    assert plan_json(plan())["watch"] is None


def test_the_plan_as_data_has_the_times_of_the_deployment_day():
    schedule = {
        "gates": PhaseTime("gates", 8 * 60, 1800.0), "canary": PhaseTime("canary", budget=60.0, ask="release-manager"),
    }  # fmt: skip
    told = plan_json(plan(schedule=schedule))
    assert told["time_zone"] == "UTC"
    assert told["schedule"] == [
        {"phase": "gates", "at": "08:00", "budget": 1800.0, "overrun": "warn"},
        {"phase": "canary", "at": None, "budget": 60.0, "overrun": "ask release-manager"},
    ]
