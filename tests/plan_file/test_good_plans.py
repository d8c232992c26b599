"""What a plan that can be carried out becomes: canonical units, secrets that cannot be printed, a digest."""

import hashlib
from pathlib import Path

import pytest
from pydantic import SecretStr

from flightrules.domain.plan import (
    Action,
    BaselineLimit,
    Do,
    FixedLimit,
    GrowthLimit,
    Look,
    Metric,
    Unit,
    Window,
)
from flightrules.domain.terms import NotCompared, Terms, Underpowered, WhenUnderpowered
from flightrules.domain.traffic import Share
from flightrules.plan_file import load, load_text
from tests.plan_file.plans import SERVICES, SMALL, STAGES, complaints, read
from tests.release.plans import command_check

WHOLE = (
    SERVICES
    + """\
    stands_alone: true
metrics:
  memory: {from: target}
  cache_hit_rate: {from: http, url: 'http://127.0.0.1:9100/stats', value: cache.hit_rate, unit: '%'}
  error_rate: {from: router, over: 30s, enough: 50}
gates:
  code:
    - {check: Unit tests pass, run: make test}
    - {check: Lint passes, run: make lint, within: 90s}
stages:
  - stage: canary
    traffic: 0.25%
    hold: 2 days
    look: [every 1m for 1h, every 5m for 8h, every 15m]
    pass: [error_rate < 0.5%, p95 < 500ms]
    fail: pause
  - stage: full
    traffic: 100%
    hold: 1h30m
    look: every 15s for 2h
    pass: cache_hit_rate >= 80%
    fail: step back to canary
rules:
  - {if: error_rate > 10% for 5m, then: roll back}
  - {if: p95 > 5x baseline for 10m, then: page on-call}
  - {if: memory grows > 2% per hour, then: warn}
  - {if: request_rate < 600 per minute, then: shut down}
  - {if: memory > 1 GiB, then: step back to canary}
verify:
  - {check: Orders can be listed, http: GET /api/orders, expect: [status = 204, time < 500ms]}
  - {check: The shop is up, http: HEAD /}
  - {check: Smoke test, run: make smoke}
compare: {false_alarm: 0.5%, tolerance: 5%, limit: 2%, underpowered: extend up to 2h, baseline: 2m}
rollback: {within: 5m}
shutdown: {page: Back soon., retry_after: 90s}
"""
)


def test_stages_have_shares_seconds_and_limits_in_the_units_of_their_metrics() -> None:
    canary, full = read(WHOLE).stages
    assert (canary.share, canary.hold, canary.on_fail) == (Share(25), 172800.0, Action(Do.PAUSE))
    assert [condition.limit for condition in canary.passes] == [FixedLimit(0.5), FixedLimit(0.5)]
    assert (full.share, full.hold, full.on_fail) == (Share(10000), 5400.0, Action(Do.STEP_BACK, "canary"))


def test_look_schedules_end_where_their_parts_add_up_and_the_last_part_never_does() -> None:
    canary, full = read(WHOLE).stages
    assert canary.looks.parts == (Look(60.0, 3600.0), Look(300.0, 32400.0), Look(900.0, None))
    assert full.looks.parts == (Look(15.0, None),)


def test_rules_have_conditions_and_actions() -> None:
    rules = read(WHOLE).rules
    assert [rule.condition.limit for rule in rules] == [
        FixedLimit(10.0), BaselineLimit(5.0), GrowthLimit(2.0, 3600.0), FixedLimit(10.0), FixedLimit(1024.0**3),
    ]  # fmt: skip
    assert [rule.condition.lasting for rule in rules] == [300.0, 600.0, 0.0, 0.0, 0.0]
    assert [str(rule.action) for rule in rules] == [
        "roll back", "page on-call", "warn", "shut down", "step back to canary",
    ]  # fmt: skip
    assert rules[0].text == "error_rate > 10% for 5m: roll back"


def test_metrics_know_their_unit_and_the_window_of_the_traffic_is_the_plans() -> None:
    plan = read(WHOLE)
    assert [(metric.name, metric.source, metric.unit) for metric in plan.metrics] == [
        ("memory", "target", Unit.BYTES),
        ("cache_hit_rate", "http", Unit.PERCENT),
    ]
    assert plan.window == Window(over=30.0, enough=50)
    assert all(isinstance(metric, Metric) and metric.options is not None for metric in plan.metrics)


def test_checks_say_what_to_run_and_what_to_ask() -> None:
    plan = read(WHOLE)
    assert plan.gates == {
        "code": (command_check("Unit tests pass", "make test", 600.0), command_check("Lint passes", "make lint", 90.0))
    }
    orders, up, smoke = plan.verify
    assert (orders.name, orders.kind, orders.options.http) == ("Orders can be listed", "http", "GET /api/orders")
    assert (orders.service, [each.text for each in orders.expects]) == ("web", ["status = 204", "time < 500ms"])
    assert orders.expects[1].limit == 0.5
    assert (up.options.http, [each.text for each in up.expects], up.within) == ("HEAD /", ["status = 200"], 10.0)
    assert smoke == command_check("Smoke test", "make smoke", 600.0)


@pytest.mark.parametrize(
    "check, expected",
    [
        ("run: make lint, expect: lines = 0", ["lines = 0", "exit_status = 0"]),
        ("run: make lint, expect: serious < 5", ["serious < 5"]),
        ("run: make lint, expect: exit_status < 2", ["exit_status < 2"]),
        ("http: GET /, expect: time < 1s", ["time < 1s", "status = 200"]),
        ("http: GET /, expect: queue.waiting < 5", ["queue.waiting < 5", "status = 200"]),
        ("http: GET /, expect: status < 400", ["status < 400"]),
    ],
)
def test_what_is_usual_is_expected_besides_unless_something_is_said_of_it(check: str, expected: list[str]) -> None:
    (read_check,) = read(SMALL + f"gates:\n  code:\n    - {{check: It is so, {check}}}\n").gates["code"]
    assert [each.text for each in read_check.expects] == expected


def test_the_terms_of_the_comparison_are_parts_and_seconds() -> None:
    extended = WhenUnderpowered(Underpowered.EXTEND, 7200.0)
    assert read(WHOLE).compare == Terms(0.005, 0.05, 0.02, extended, 120.0)


@pytest.mark.parametrize("on", ["on", "true", "yes"])
def test_that_candidate_and_stable_are_compared_may_be_said(on: str) -> None:
    assert read(SMALL + f"compare: {on}\n").compare == read(SMALL).compare


def test_a_plan_that_says_nothing_of_the_comparison_compares() -> None:
    assert read(SMALL).compare == Terms(0.01, 0.1, None, WhenUnderpowered(Underpowered.GO_ON), 0.0)


def test_the_comparison_can_be_switched_off_with_a_reason() -> None:
    plan = read(SMALL + "compare: {off: v2 answers other requests than v1}\n")
    assert plan.compare == NotCompared("v2 answers other requests than v1")


@pytest.mark.parametrize(
    ("written", "means"),
    [("go on", WhenUnderpowered()), ("ask", WhenUnderpowered(Underpowered.ASK))],
)
def test_what_follows_a_hold_with_too_little_traffic_is_agreed(written: str, means: WhenUnderpowered) -> None:
    compare = read(SMALL + f"compare: {{underpowered: {written}}}\n").compare
    assert isinstance(compare, Terms)
    assert compare.underpowered == means


def test_what_is_left_out_has_the_value_that_the_reference_gives() -> None:
    plan = read(SMALL)
    assert (plan.rollback_within, plan.shutdown_retry_after, plan.window) == (900.0, 120.0, Window(10.0, 20))
    assert plan.stages[1].on_fail == Action(Do.ROLL_BACK)
    assert not plan.services[0].stands_alone
    assert (plan.rules, plan.metrics, plan.gates, plan.verify) == ((), (), {}, ())


def test_options_of_adapters_are_their_own_frozen_objects() -> None:
    service = read(WHOLE).services[0]
    assert (service.target.kind, service.target.options.health.http) == ("local", "/health")
    assert (service.router.kind, service.router.options.listen) == ("envoy", "127.0.0.1:8080")
    assert service.stands_alone


def test_services_are_released_in_the_order_of_the_file() -> None:
    more = "".join(
        f"  {name}:\n    target: {{kind: local, start: ./x, health: {{tcp: true}}}}\n"
        f"    traffic: {{kind: envoy, listen: '127.0.0.1:{port}'}}\n"
        for name, port in (("zoo", 1), ("api", 2))
    )
    assert [service.name for service in read(SERVICES + more + STAGES).services] == ["web", "zoo", "api"]


def test_the_digest_is_that_of_the_file_and_a_stored_text_gives_the_same_plan(tmp_path: Path) -> None:
    file = tmp_path / "flight.yaml"
    file.write_text(WHOLE)
    plan = load(file, {})
    assert plan.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert plan.folder == str(tmp_path)
    assert load_text(plan.text, plan.name, Path(plan.folder), {}) == plan


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    file = tmp_path / "flight.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load(file, {}).stages == read(SMALL).stages


def test_values_mean_what_they_say_and_are_never_taken_for_something_else() -> None:
    text = (
        SMALL.replace("plan: shop", "plan: on").replace("stage: canary", "stage: 007").replace("hold: 1h", "hold: 60m")
    )
    plan = read(text)
    assert (plan.name, plan.stages[0].name) == ("on", "007")


def test_anchors_aliases_and_merges_are_read() -> None:
    stages = """\
stages:
  - &first {stage: canary, traffic: 5%, hold: 1h, look: every 15s, pass: &good [error_rate < 1%]}
  - {<<: *first, stage: full, traffic: 100%, pass: *good}
"""
    first, second = read(SERVICES + stages).stages
    assert (second.name, second.hold, second.passes) == ("full", first.hold, first.passes)


def with_target(options: str) -> str:
    return SMALL.replace("start: ./serve", f"start: ./serve, {options}")


def test_a_variable_comes_from_the_environment_and_env_beside_the_plan_fills_in(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TOKEN=from-file\nREGION='eu'\n")
    plan = read(with_target("build: 'make ${REGION} ${TOKEN}'"), tmp_path)
    assert plan.services[0].target.options.build == "make eu s3cret-value"


def test_a_variable_may_stand_for_a_duration_and_a_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WAIT=1m 30s\nCOPIES=3\n")
    options = read(with_target("instances: '${COPIES}', stop_within: '${WAIT}'"), tmp_path).services[0].target.options
    assert (options.instances, options.stop_within) == (3, 90.0)


def test_an_env_file_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    assert complaints(SMALL, tmp_path) == (
        "flight.yaml:1:1: the file .env beside the plan cannot be read: it is not UTF-8\n    correct it, or remove it"
    )


def test_variables_without_braces_and_escaped_ones_are_left_alone() -> None:
    build = read(with_target("build: 'make $VERSION $${HOME}'")).services[0].target.options.build
    assert build == "make $VERSION ${HOME}"


def test_a_secret_cannot_be_printed_and_the_text_of_the_plan_does_not_hold_it() -> None:
    plan = read(with_target("environment: {KEY: '${TOKEN}', LEVEL: debug, COPIES: 3}"))
    environment = plan.services[0].target.options.environment
    assert environment["KEY"] == SecretStr("s3cret-value")
    assert environment["LEVEL"].get_secret_value() == "debug"
    assert plan.secrets == ("s3cret-value",)
    assert "s3cret-value" not in repr(plan)
    assert "s3cret-value" not in plan.text


def test_a_command_gets_its_variables_in_its_environment_never_on_its_line() -> None:
    plan = read(SMALL + "gates:\n  code:\n    - {check: Signed in, run: 'login ${TOKEN} $HOME $${x} ${y:-1}'}\n")
    (check,) = plan.gates["code"]
    assert check.options.run == "login ${TOKEN} $HOME ${x} ${y:-1}"
    assert check.environment == {"TOKEN": "s3cret-value"}
    assert "s3cret-value" not in repr(check)
    assert plan.secrets == ("s3cret-value",)


@pytest.mark.parametrize("unit, expected", [("'%'", Unit.PERCENT), ("s", Unit.SECONDS), ("1/s", Unit.PER_SECOND),
                                            ("B", Unit.BYTES), ("number", Unit.NUMBER)])  # fmt: skip
def test_a_plan_names_the_unit_where_the_source_does_not_know_it(unit: str, expected: Unit) -> None:
    metrics = f"metrics:\n  load: {{from: http, url: 'http://127.0.0.1:1/', value: load, unit: {unit}}}\n"
    assert read(SMALL + metrics).metrics[0].unit is expected
