"""A release as people see it: states, stages, holds, metrics, and that only what is new is read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flightrules.domain import errors
from flightrules.domain.errors import RuleFired
from flightrules.domain.rehearsals import Part, Rehearsing
from flightrules.domain.traffic import Version
from flightrules.records import Records
from flightrules.state.releases import DOWN, OPEN, ROLLBACK, SHUTDOWN
from flightrules.testing.fake_clock import FakeClock
from flightrules.views.following import Following
from flightrules.views.model import Nearness, ReleaseView, StageStatus, State
from tests.written import V1, V2, Written

GOOD = {"error_rate": (0.1, 0.0), "p95": (0.012, 0.011), "request_rate": (50.0, 150.0), "memory": (2.1e7, 2.2e7)}


def view_of(written: Written) -> ReleaseView:
    return Following(written.records, written.plan, written.release).view()


def statuses(view: ReleaseView) -> list[str]:
    return [str(stage.status) for stage in view.stages]


def test_a_release_that_has_just_begun_is_starting_and_has_moved_no_traffic(written: Written) -> None:
    view = view_of(written)
    assert view.state is State.STARTING
    assert view.services[0].split == ()
    assert statuses(view) == ["waiting", "waiting", "waiting"]
    assert view.then == "canary, 5%"
    assert view.can == ("flight pause", "flight abort")


def test_a_release_is_there_to_see_before_its_first_event(records: Records, clock: FakeClock, tmp_path: Path) -> None:
    written = Written(records, clock, tmp_path)
    bare = records.releases.get(written.release.id)
    assert Following(records, written.plan, bare).view().services[0].candidate == "v2"


def test_the_step_that_goes_on_is_said_in_words(written: Written) -> None:
    written.event("step.started", step="start/web/build")
    assert view_of(written).now == "building v2"


def test_a_hold_says_how_much_of_it_was_watched_and_how_much_is_left(written: Written, clock: FakeClock) -> None:
    written.started().holds(1, "canary", 5)
    for _ in range(5):
        written.look("stages/1-canary", GOOD)
    clock.advance(0.5)
    view = view_of(written)
    assert view.state is State.HOLDING
    assert view.hold is not None
    assert (view.hold.stage, view.hold.held, view.hold.left) == ("canary", 4.0, 7.5)
    assert view.then == "quarter, 25%"
    assert [(share.version, share.percent) for share in view.services[0].split] == [("v2", 5), ("v1", 95)]


def test_the_time_left_stands_still_while_nobody_drives_and_runs_on_from_when_somebody_does(
    written: Written, clock: FakeClock
) -> None:
    written.started().holds(1, "canary", 5)
    for _ in range(5):
        written.look("stages/1-canary", GOOD)
    written.records.lease.release()
    clock.advance(60)
    unattended = view_of(written)
    assert unattended.hold is not None and unattended.hold.left == 8.0
    assert unattended.unattended_since == clock.now() - 60
    written.records.lease.acquire()
    clock.advance(0.5)
    again = view_of(written)
    assert again.hold is not None and again.hold.left == 7.5
    assert again.unattended_since is None


def test_time_that_nobody_watched_does_not_count_towards_a_hold(written: Written, clock: FakeClock) -> None:
    written.holds(1, "canary", 5).look("stages/1-canary", GOOD)
    clock.advance(60)
    written.look("stages/1-canary", GOOD)
    hold = view_of(written).hold
    assert hold is not None and hold.held == 2.5


@pytest.mark.parametrize("looking", ["before", "after"])
def test_a_hold_that_begins_again_counts_from_zero(written: Written, clock: FakeClock, looking: str) -> None:
    following = Following(written.records, written.plan, written.release)
    written.holds(1, "canary", 5)
    for _ in range(4):
        written.look("stages/1-canary", GOOD)
    if looking == "before":
        following.view()
    at = clock.now()
    written.event("stage.began_again", visit="stages/1-canary", at=at, says="p95 is 2s")
    clock.time = at
    written.look("stages/1-canary", GOOD)
    hold = following.view().hold
    assert hold is not None and hold.held == 1.0


def test_a_pause_stops_the_hold_and_says_so(written: Written, clock: FakeClock) -> None:
    written.holds(1, "canary", 5).look("stages/1-canary", GOOD).look("stages/1-canary", GOOD)
    written.event("release.paused", "signals/1/done", "anna")
    written.look("stages/1-canary", GOOD, paused=True)
    clock.advance(3)
    view = view_of(written)
    assert view.state is State.PAUSED
    assert view.hold is not None and (view.hold.held, view.hold.left) == (1.0, 11.0)
    assert view.can[0] == "flight resume"
    written.event("release.resumed", "signals/2/done", "anna")
    assert view_of(written).state is State.HOLDING


def test_resuming_a_step_does_not_end_a_pause(written: Written) -> None:
    written.event("release.paused", "signals/1/done", "anna")
    written.event("release.held", "x/1/held", why="the disk is full", do="make room", details={"log": ["a", "b"]})
    assert view_of(written).state is State.HELD
    written.event("release.resumed", "x/1/resumed", "anna")
    assert view_of(written).state is State.PAUSED


def test_a_hold_that_waits_for_a_person_says_why_and_what_to_do(written: Written) -> None:
    written.event("release.held", "x/1/held", why="the disk is full", do="make room", details={"log": ["a", "b"]})
    view = view_of(written)
    assert view.held is not None
    assert (view.now, view.held.do, view.held.log) == ("the disk is full", "make room", ("a", "b"))
    assert view.then == "nothing happens until a person decides; traffic stays as it is"
    assert view.can == ("flight resume", "flight abort")


def test_a_stage_that_failed_can_be_left_in_every_way_that_is_taken(written: Written) -> None:
    written.started().holds(1, "canary", 5).ends(1, "canary", "fail", do="pause")
    written.event("step.started", "stages/1-canary/ask/1/started", step="stages/1-canary/ask")
    written.event("release.held", "stages/1-canary/ask/held", why="stage canary failed", do="")
    assert view_of(written).can == ("flight resume", "flight promote", "flight abort")
    written.holds(2, "full", 100).ends(2, "full", "fail", do="pause")
    written.event("step.started", "stages/2-full/ask/1/started", step="stages/2-full/ask")
    written.event("release.held", "stages/2-full/ask/held", why="stage full failed", do="")
    assert view_of(written).can == ("flight resume", "flight promote", "flight step-back", "flight abort")


LOG = ["waiting for the database", "no answer"]


def failure(kind: str) -> dict[str, object]:
    return {"kind": kind, "what": "v2 of web cannot serve", "do": "", "details": {"log": LOG}}


def test_the_last_lines_of_a_candidate_that_never_served_are_there_to_the_end(written: Written) -> None:
    written.event("step.failed", step="start/web/candidate", seconds=2.0, error=failure("CandidateFailed"))
    written.step("code/begin")
    assert view_of(written).log == tuple(LOG)
    written.ended("rolled back")
    assert view_of(written).log == tuple(LOG)


def test_the_last_lines_of_what_failed_and_was_tried_again_are_not_those_of_the_end(written: Written) -> None:
    written.event("step.failed", step="start/web/stable", seconds=2.0, error=failure("NotHealthy"))
    written.step("start/web/stable")
    assert view_of(written).log == ()


@pytest.mark.parametrize("kind", ["step.started", "stage.decided", "release.called_back"])
def test_whatever_comes_after_it_ends_a_hold(written: Written, kind: str) -> None:
    written.event("release.held", "x/1/held", why="w", do="d", details={})
    written.event(kind, step="verify", failure=errors.to_record(RuleFired("bad")), ask="promote")
    assert view_of(written).held is None


def test_a_stage_without_data_waits_instead_of_deciding(written: Written) -> None:
    written.holds(1, "canary", 5).look("stages/1-canary", {"error_rate": (None, 0.0)})
    written.event("people.told", "stages/1-canary/insufficient", text="cannot be judged", urgent=True, role=None)
    assert view_of(written).state is State.WAITING


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        ("insufficient", "data are missing to judge it"),
        ("underpowered", "more traffic is needed to certify it"),
        ("silent", "the candidate gets no requests"),
    ],
)
def test_a_hold_that_is_over_says_what_it_waits_for(written: Written, waits: str, words: str) -> None:
    written.started().holds(1, "canary", 5).event("people.told", f"stages/1-canary/{waits}", text="it goes on holding")
    assert view_of(written).now == f"canary, 5%: the hold is over, and {words}"


def test_stages_pass_one_after_the_other(written: Written) -> None:
    written.holds(1, "canary", 5).ends(1, "canary")
    assert view_of(written).state is State.SHIFTING
    written.holds(2, "quarter", 25).ends(2, "quarter").holds(3, "full", 100).ends(3, "full")
    view = view_of(written)
    assert statuses(view) == ["passed", "passed", "passed"]
    assert view.state is State.VERIFYING
    written.ended("released")
    ended = view_of(written)
    assert (ended.state, ended.now) == (State.ENDED, "v2 is in service")
    assert "flight rollback --to v1 --reason TEXT" in ended.can


def test_what_to_type_next_is_one_word_to_a_shell_whatever_a_version_is_called(
    records: Records, clock: FakeClock, tmp_path: Path
) -> None:
    odd = Version("last $(id)", "1" * 64)
    written = Written(records, clock, tmp_path, stable=odd).ended("released")
    assert "flight rollback --to 'last $(id)' --reason TEXT" in view_of(written).can


def test_a_stage_that_steps_back_is_followed_by_the_earlier_one_once_more(written: Written) -> None:
    written.holds(1, "canary", 5).ends(1, "canary").holds(2, "quarter", 25).ends(2, "quarter")
    written.holds(3, "full", 100).ends(3, "full", "fail", do="step back", to="canary", says="too many errors")
    view = view_of(written)
    assert statuses(view) == ["waiting", "waiting", "stepped back"]
    assert view.then == "canary, 5%"
    written.holds(4, "canary", 5).look("stages/4-canary", GOOD)
    assert statuses(view_of(written)) == ["holding", "waiting", "stepped back"]


def test_after_a_step_back_the_stage_that_was_left_comes_next(written: Written) -> None:
    written.holds(1, "canary", 5).ends(1, "canary").holds(2, "quarter", 25)
    written.ends(2, "quarter", "fail", do="step back", to="canary", says="a person steps back")
    written.holds(3, "canary", 5).look("stages/3-canary", GOOD)
    assert view_of(written).then == "quarter, 25%"


def test_a_first_release_skips_to_its_last_stage(records: Records, clock: FakeClock, tmp_path: Path) -> None:
    view = view_of(Written(records, clock, tmp_path, stable=None))
    assert statuses(view) == ["skipped", "skipped", "waiting"]
    assert view.then.startswith("nothing happens: no process drives this release")


def test_a_service_that_is_new_beside_others_goes_through_every_stage_with_them(written: Written) -> None:
    web = written.release.arguments["services"]["web"]
    both = replace(written.release, arguments={"services": {"web": web, "search": {**web, "stable": None}}})
    view = Following(written.records, written.plan, both).view()
    assert statuses(view) == ["waiting", "waiting", "waiting"]


def test_a_way_back_shows_why_and_its_measured_times(written: Written) -> None:
    written.holds(1, "canary", 5).look("stages/1-canary", GOOD)
    written.event("release.called_back", "called-back", failure=errors.to_record(RuleFired("error_rate is 9%")))
    assert view_of(written).state is State.GOING_BACK
    written.event("goback.started", why="error_rate is 9%", procedure="code", detect_seconds=5.0, decide_seconds=0.01)
    written.event("step.started", step="back/web/shift")
    view = view_of(written)
    assert (view.state, view.now, view.why) == (State.GOING_BACK, "moving the traffic to v1", "error_rate is 9%")
    assert view.then == "v1 has all the traffic, and v2 is stopped"
    assert statuses(view) == ["called back", "skipped", "skipped"]
    assert (view.stages[0].verdict, view.stages[0].seconds) == (None, 3.0)
    assert view.can == ("flight shutdown",)
    times = {"detect": 5.0, "decide": 0.01, "ready": 0.1, "shift": 0.08, "drain": 0.2, "stop": 0.3, "total": 0.7}
    written.event("goback.ended", procedure="code", within=900.0, **times)
    written.ended("rolled back")
    ended = view_of(written)
    assert ended.way_back is not None
    assert {name: getattr(ended.way_back, name) for name in times} == times
    assert ended.now == "v1 has all the traffic"


def test_while_a_database_goes_back_it_is_said_what_goes_on_and_what_is_left_to_do(written: Written) -> None:
    written.event("goback.started", why="error_rate is 9%", procedure="code", detect_seconds=5.0, decide_seconds=0.01)
    written.event("step.started", step="database/orders/undo")
    view = view_of(written)
    assert (view.now, view.then) == ("undoing the migration of database orders", "the way back is over")
    written.event("step.started", step="database/orders/restore/copy")
    view = view_of(written)
    assert view.now == "restoring the old backup beside database orders"
    assert view.then == "the database takes writes again, and v1 has all the traffic"
    written.event("traffic.shifted", service="web", split={}, closed=True, seconds=0.1, names={})
    asked = {"about": "orders", "says": "2 rows would go", "role": "", "otherwise": ""}
    written.event("question.asked", "database/orders/restore/asked", **asked)
    assert view_of(written).then == "nothing happens until somebody answers; until then users see the plan's page"
    written.event("goback.ended", procedure="code", within=900.0, total=9.0, database=8.3)
    ended = view_of(written.ended("rolled back"))
    assert ended.way_back is not None and ended.way_back.database == 8.3


def test_a_gate_that_does_not_open_leaves_everything_as_it_was(written: Written) -> None:
    written.event("release.refused", "refused", why="the gate code did not open", do="")
    view = view_of(written.ended("not started"))
    assert view.now == "nothing was touched, v1 has all the traffic"
    assert statuses(view) == ["skipped", "skipped", "skipped"]


@pytest.mark.parametrize(
    ("kind", "state"), [(ROLLBACK, State.GOING_BACK), (SHUTDOWN, State.SHUTTING_DOWN), (OPEN, State.OPENING)]
)
def test_what_is_no_release_has_no_stages_and_a_state_of_its_own(
    records: Records, clock: FakeClock, tmp_path: Path, kind: str, state: State
) -> None:
    view = view_of(Written(records, clock, tmp_path, kind=kind))
    assert (view.state, view.stages) == (state, ())


def test_a_release_that_nobody_drives_says_so(written: Written, records: Records) -> None:
    driven = view_of(written.holds(1, "canary", 5))
    assert driven.driver is not None and driven.driver.pid is not None
    records.lease.release()
    view = view_of(written)
    assert view.driver is None
    assert view.then == "nothing happens: no process drives this release, and nobody watches the rules"
    assert view.can == ("flight run", "flight abort")


def test_metrics_stand_beside_the_limits_on_them(written: Written) -> None:
    written.holds(2, "quarter", 25)
    written.look("stages/2-quarter", GOOD | {"error_rate": (0.9, 0.0), "p95": (0.300, 0.011)})
    metrics = {metric.name: metric for metric in view_of(written).metrics}
    assert metrics["error_rate"].nearness is Nearness.NEAR
    assert [(limit.text, limit.then) for limit in metrics["error_rate"].limits] == [
        ("> 5% for 5s", "roll back"),
        ("< 1%", "pass"),
    ]
    p95 = metrics["p95"]
    assert (p95.candidate, p95.stable, p95.nearness) == (0.300, 0.011, Nearness.OVER)
    assert [limit.nearness for limit in p95.limits] == [Nearness.OVER, Nearness.OVER]
    assert p95.limits[0].value == pytest.approx(0.055)
    assert metrics["memory"].nearness is Nearness.OK


def test_a_metric_without_a_value_says_why_and_is_neither_good_nor_bad(written: Written) -> None:
    written.holds(1, "canary", 5).look("stages/1-canary", {"error_rate": (None, 0.0)})
    (metric,) = view_of(written).metrics
    assert (metric.candidate, metric.nearness) == (None, Nearness.MISSING)
    assert metric.why == "3 requests in 5s, 20 are needed"


def test_a_lower_limit_of_a_percentage_is_measured_from_a_hundred(
    records: Records, clock: FakeClock, tmp_path: Path
) -> None:
    text = Written.TEXT.replace("error_rate > 5% for 5s, ", "availability < 95%,")
    written = Written(records, clock, tmp_path, text=text).holds(1, "canary", 5)
    seen = []
    for value in (100.0, 99.0, 95.5, 94.0):
        written.look("stages/1-canary", {"availability": (value, 100.0)})
        seen.append(view_of(written).metrics[0].nearness)
    assert seen == [Nearness.OK, Nearness.OK, Nearness.NEAR, Nearness.OVER]


def test_a_rule_says_for_how_long_it_has_been_true(written: Written) -> None:
    written.holds(1, "canary", 5)
    for value in (0.0, 9.0, 9.0, 9.0):
        written.look("stages/1-canary", GOOD | {"error_rate": (value, 0.0)})
    rule = view_of(written).rules[0]
    assert (rule.nearness, rule.lasted, rule.lasting) == (Nearness.OVER, 2.0, 5.0)
    assert "for 2s of 5s" in rule.says


def test_only_what_is_new_is_read_and_every_event_is_new_once(written: Written) -> None:
    following = Following(written.records, written.plan, written.release)
    following.view()
    assert [event.kind for event in following.new] == ["release.started"]
    written.holds(1, "canary", 5).look("stages/1-canary", GOOD)
    following.view()
    assert [event.kind for event in following.new] == ["traffic.shifted", "stage.started"]
    following.view()
    assert following.new == ()


def story(written: Written) -> list[Callable[[], object]]:
    failure = errors.to_record(RuleFired("bad"))
    looks = [lambda: written.look("stages/1-canary", GOOD)] * 3
    return [
        lambda: written.started().holds(1, "canary", 5),
        *looks,
        lambda: written.ends(1, "canary").holds(2, "quarter", 25),
        lambda: written.look("stages/2-quarter", GOOD | {"error_rate": (9.0, 0.0)}),
        lambda: written.event("release.called_back", "called-back", failure=failure),
        lambda: written.ended("rolled back"),
    ]


def test_following_step_by_step_and_looking_once_at_the_end_show_the_same(written: Written) -> None:
    following = Following(written.records, written.plan, written.release)
    for happens in story(written):
        happens()
        assert following.view() == view_of(written)


def test_a_version_that_comes_back_is_named_as_people_call_it(written: Written) -> None:
    assert (V1.name, V2.name) == ("v1", "v2")
    written.shifted(25)
    assert {share.version for share in view_of(written).services[0].split} == {"v1", "v2"}


def test_stages_that_share_the_end_of_a_name_are_told_apart(records: Records, clock: FakeClock, tmp_path: Path) -> None:
    text = Written.TEXT.replace("stage: quarter,", "stage: x-canary,")
    written = Written(records, clock, tmp_path, text=text).holds(2, "x-canary", 25)
    view = view_of(written.look("stages/2-x-canary", GOOD))
    assert view.stages[1].status is StageStatus.HOLDING
    assert view.hold is not None and view.hold.stage == "x-canary"


@pytest.mark.parametrize(
    ("page_stands", "now"), [(False, "no version serves yet"), (True, "users see the plan's page")]
)
def test_a_first_release_that_never_had_traffic_says_the_plans_page_only_where_it_stands(
    records: Records, clock: FakeClock, tmp_path: Path, page_stands: bool, now: str
) -> None:
    written = Written(records, clock, tmp_path, stable=None).started()
    written.event("goback.started", why="v2 of web cannot serve", procedure="code")
    written.event("step.started", step="back/web/shift")
    view = view_of(written)
    assert view.now == "making sure that v2 gets no traffic"
    written.event("step.ended", step="back/web/shift", seconds=0.1, result={"page": page_stands})
    view = view_of(written.ended("rolled back"))
    assert (view.now, view.services[0].closed) == (now, page_stands)


def test_a_first_release_that_did_not_start_says_nothing_of_a_page(
    records: Records, clock: FakeClock, tmp_path: Path
) -> None:
    written = Written(records, clock, tmp_path, stable=None)
    written.event("release.refused", "refused", why="the gate code did not open", do="")
    assert view_of(written.ended("not started")).now == "nothing was touched, no version serves yet"


def test_the_end_of_a_staging_where_nothing_is_in_service_is_shown_too(written: Written) -> None:
    """A first version that was called back leaves nothing in service, and staging to be ended all the same."""
    rehearsal = Rehearsing("staging.env", part=Part.SET_UP).to_record()
    down = replace(written.release, id="down", kind=DOWN, arguments={"services": {}, "rehearsal": rehearsal})
    following = Following(written.records, written.plan, written.records.releases.create(down))
    assert following.view().services == ()
    assert following.as_typed("`flight abort` or `flight run`").startswith("`flight abort --state ")
    assert following.as_typed("`flight run` goes on") == "`flight rehearse VERSION` goes on"
