"""Commands against a state that was written by hand: what they print, their JSON, their exit statuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flightrules.cli import places
from flightrules.cli.main import app
from flightrules.domain.errors import StateUnusable
from flightrules.domain.events import Event
from flightrules.records import Records, open_records
from tests.written import PLAN, Written

Flight = Callable[..., Result]


@pytest.fixture
def flight(tmp_path: Path) -> Flight:
    """Call `flight` in the folder of the test."""

    def call(*words: str, typed: str | None = None) -> Result:
        at = {"FLIGHT_PLAN": str(tmp_path / "flight.yaml"), "FLIGHT_STATE": str(tmp_path / ".flight"), "COLUMNS": "100"}
        return CliRunner().invoke(app, list(words), env=at, input=typed)

    return call


NO_RELEASE = (
    "no release is under way: release 2026-11-21-143207-v2 has ended, released\n"
    "    to return to an earlier version: flight rollback --to VERSION --reason TEXT\n"
)


@pytest.mark.parametrize("command", ["status", "watch", "report", "pause", "abort", "open", "ledger verify"])
def test_a_command_that_looks_makes_no_state(flight: Flight, tmp_path: Path, command: str) -> None:
    result = flight(*command.split())
    assert result.exit_code == 4
    assert result.stderr.startswith(f"there is no state in {tmp_path / '.flight'}: nothing was released from here yet")
    assert not (tmp_path / ".flight").exists()


@pytest.mark.parametrize("command", ["run v1", "sign Policy", "ready v1", "rehearse v1", "drill code v1", "backups"])
def test_without_a_plan_no_state_is_made_either(flight: Flight, tmp_path: Path, command: str) -> None:
    result = flight(*command.split())
    assert result.exit_code == 2
    assert result.stderr == (
        f"{tmp_path}/flight.yaml:1:1: there is no such file\n    `flight init` writes a plan that runs\n"
    )
    assert not (tmp_path / ".flight").exists()


def test_where_nothing_was_released_there_is_nothing_to_steer(flight: Flight, tmp_path: Path) -> None:
    open_records(tmp_path / ".flight").state.close()
    result = flight("pause")
    assert (result.exit_code, result.stderr) == (
        4,
        "no release is under way: nothing was released here yet\n    begin one: flight run VERSION\n",
    )


@pytest.mark.parametrize("command", ["approve", "reject", "catalogue"])
def test_what_may_be_left_out_stands_in_one_pair_of_brackets(flight: Flight, command: str) -> None:
    assert "[[" not in flight(command, "--help").stdout


def test_the_commands_about_backups_are_explained_in_whole_sentences(flight: Flight) -> None:
    shown = flight("backups", "--help").stdout
    assert "\n  list" not in shown
    assert "it is proven where the plan proves those of a release" in " ".join(shown.split())


@pytest.mark.parametrize("command", ["pause", "resume", "promote", "step-back", "abort"])
def test_there_is_nothing_to_steer_without_a_release(flight: Flight, written: Written, command: str) -> None:
    written.ended("released")
    written.records.lease.release()
    result = flight(command)
    assert (result.exit_code, result.stderr) == (4, NO_RELEASE)


@pytest.mark.parametrize("command", ["pause", "resume", "promote", "step-back"])
def test_a_release_that_nobody_drives_cannot_be_steered(flight: Flight, written: Written, command: str) -> None:
    written.records.lease.release()
    result = flight(command)
    assert result.exit_code == 4
    assert result.stderr == "nobody is driving this release\n    go on with it: flight run\n"
    assert written.records.inbox.waiting(written.release.id) == ()


@pytest.mark.parametrize("command", ["approve", "reject"])
def test_an_answer_that_nobody_would_hear_is_refused_with_the_way_to_be_heard(
    flight: Flight, written: Written, command: str
) -> None:
    written.records.lease.release()
    result = flight(command)
    assert (result.exit_code, result.stderr) == (
        4,
        "nobody is driving this release\n    start `flight run` again: it goes on where it was, and asks again; "
        f"then, in another terminal: flight {command}\n",
    )
    assert written.records.inbox.waiting(written.release.id) == ()


@pytest.fixture
def driver(written: Written) -> Iterator[list[str]]:
    """Takes what people ask, as a process that drives the release would; `promote` it refuses."""
    taken: list[str] = []
    done = Flag()

    def drive() -> None:
        while not done.wait(0.02):
            for signal in written.records.inbox.waiting(written.release.id):
                kind = "signal.refused" if signal.ask == "promote" else "signal.taken"
                data = {"kind_": str(signal.ask), "answer": f"heard: {signal.ask}"}
                written.records.ledger.append(Event(kind, written.release.id, data, key=f"signals/{signal.number}"))
                taken.append(f"{signal.ask} {dict(signal.arguments)}")
                written.records.inbox.take(signal.number, f"heard: {signal.ask}")

    thread = Thread(target=drive)
    thread.start()
    yield taken
    done.set()
    thread.join()


def test_the_answer_of_the_release_is_printed(flight: Flight, driver: list[str]) -> None:
    result = flight("step-back", "--to", "canary", "--reason", "too slow")
    assert (result.exit_code, result.stdout) == (0, "heard: step-back\n")
    assert driver == ["step-back {'to': 'canary', 'reason': 'too slow'}"]


def test_a_request_that_is_not_taken_ends_with_four(flight: Flight, driver: list[str]) -> None:
    result = flight("promote")
    assert (result.exit_code, result.stdout) == (4, "heard: promote\n")
    result = flight("promote", "--json")
    assert result.exit_code == 4
    assert json.loads(result.stdout) == {"number": 2, "taken": False, "answer": "heard: promote", "exit_status": 4}


def test_abort_without_waiting_returns_once_it_was_taken(flight: Flight, driver: list[str]) -> None:
    result = flight("abort", "--reason", "prices are wrong", "--no-wait")
    assert (result.exit_code, result.stdout) == (0, "heard: abort\n")
    assert driver == ["abort {'reason': 'prices are wrong'}"]


def test_status_shows_the_picture_and_what_is_in_service(flight: Flight, written: Written) -> None:
    written.records.serving.set_stable("web", written.candidate, written.release.id)
    written.started().holds(1, "canary", 5).ends(1, "canary").ended("released")
    result = flight("status")
    assert result.exit_code == 0
    assert " RELEASED   v2 is in service" in result.stdout
    assert "in service: web v2 since 2026-" in result.stdout
    assert result.stdout.endswith("next: flight report, flight rollback --to v1 --reason TEXT\n")


def test_status_as_json_holds_all_that_the_picture_shows(flight: Flight, written: Written) -> None:
    written.holds(1, "canary", 5).look("stages/1-canary", {"error_rate": (0.1, 0.0)})
    told = json.loads(flight("status", "--json").stdout)
    assert told["release"]["state"] == "holding"
    assert told["release"]["hold"]["stage"] == "canary"
    assert told["release"]["services"][0]["split"] == [
        {"version": "v2", "percent": 5.0},
        {"version": "v1", "percent": 95.0},
    ]
    assert told["release"]["metrics"][0]["limits"][0]["then"] == "roll back"
    assert told["past"][0]["id"] == written.release.id


def test_a_variable_that_is_not_set_here_is_no_obstacle_to_looking(
    flight: Flight, records: Records, clock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_TOKEN", "s3cret-token")
    text = PLAN.replace("kind: local,", 'kind: local, environment: {TOKEN: "${APP_TOKEN}"},')
    Written(records, clock, tmp_path, text=text)
    monkeypatch.delenv("APP_TOKEN")
    assert flight("status").exit_code == 0


def test_watching_a_release_that_has_ended_shows_its_end_and_its_status(flight: Flight, written: Written) -> None:
    written.holds(1, "canary", 5)
    written.event("goback.started", why="error_rate of v2 is 9%", procedure="code")
    written.ended("rolled back")
    result = flight("watch")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].endswith("release of v2 begins beside v1")
    assert lines[-2:] == [
        "v2 was called back, v1 has all the traffic again: error_rate of v2 is 9%.",
        "    Next: flight report",
    ]


def test_between_the_acts_of_a_demo_nobody_is_told_what_to_type_next(
    flight: Flight, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIGHT_DEMO", "1")
    written.ended("released")
    assert "Next: " not in flight("watch").stdout


def test_the_last_lines_of_a_candidate_that_never_served_stand_below_the_sentence(
    flight: Flight, written: Written
) -> None:
    error = {"kind": "CandidateFailed", "what": "no", "do": "", "details": {"log": ["no such \x1b[2J module"]}}
    written.event("step.failed", step="start/web/candidate", seconds=2.0, error=error)
    written.event("goback.started", procedure="code", why="v2 of web cannot serve", detect_seconds=None)
    written.ended("rolled back")
    result = flight("watch", "--plain")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-3:] == [
        "v2 was called back, v1 has all the traffic again: v2 of web cannot serve.",
        "    | no such \\x1b[2J module",
        "    Next: flight report",
    ]


def test_watching_as_json_prints_one_object_and_the_lines_elsewhere(flight: Flight, written: Written) -> None:
    written.ended("released")
    result = flight("watch", "--json")
    told = json.loads(result.stdout)
    assert (told["outcome"], told["exit_status"]) == ("released", 0)
    assert "release of v2 begins beside v1" in result.stderr


def test_a_report_goes_to_the_terminal_or_into_files(flight: Flight, written: Written, tmp_path: Path) -> None:
    written.holds(1, "canary", 5).ends(1, "canary").ended("released")
    assert flight("report").stdout.startswith("# shop: ")
    markdown = tmp_path / "report.md"
    result = flight("report", "--markdown", str(markdown))
    assert result.stdout == f"wrote {markdown}\n"
    assert markdown.read_text() == flight("report").stdout
    assert json.loads(flight("report", "--json").stdout)["ledger"]["entries"] > 0


def test_a_report_that_cannot_be_written_says_why(flight: Flight, written: Written, tmp_path: Path) -> None:
    result = flight("report", "--markdown", str(tmp_path / "none" / "report.md"))
    assert result.exit_code == 2
    assert "cannot be written: no such file or directory\n    name another file" in result.stderr


def test_a_report_of_an_unknown_release_says_so(flight: Flight, written: Written) -> None:
    result = flight("report", "2020-01-01-000000-v0")
    assert result.exit_code == 4
    assert "there is no release 2020-01-01-000000-v0" in result.stderr


def test_a_ledger_that_nobody_touched_is_verified(flight: Flight, written: Written) -> None:
    number, head = written.records.ledger.head()
    result = flight("ledger", "verify")
    assert result.exit_code == 0
    assert result.stdout == f"{number} entries, none changed, removed or added; the last hash is {head}\n"
    assert flight("ledger", "verify", "--known", f"{number}:{head}").exit_code == 0
    forged = flight("ledger", "verify", "--known", f"{number}:{'f' * 64}")
    assert forged.exit_code == 1
    assert forged.stdout == f"entry {number}: its hash is not the one that was written down elsewhere\n"
    assert flight("ledger", "verify", "--known", "seven").exit_code == 2


def test_a_ledger_whose_head_was_removed_is_verified_and_goes_on_in_a_new_chain(
    flight: Flight, written: Written
) -> None:
    number = written.records.ledger.head()[0]
    written.records.state.write(lambda connection: connection.exec_driver_sql("DELETE FROM head"))
    result = flight("ledger", "verify")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == "the ledger's head is missing, so entries at its end may be missing too\n"
    written.started()
    what = f"its head was removed, so entries after number {number} may be missing too"
    begun = f"entry {number + 1}: here the ledger was found broken, and a new chain begins: {what}\n"
    assert flight("ledger", "verify").stdout == begun
    told = f"the ledger was changed from outside: {what}; a new chain begins here\n"
    assert told in flight("ledger", "show").stdout


def test_a_ledger_is_exported_line_by_line_and_told_in_words(flight: Flight, written: Written) -> None:
    written.started()
    exported = [json.loads(line) for line in flight("ledger", "export").stdout.splitlines()]
    assert [each["type"] for each in exported][:2] == [
        "dev.flightrules.release.started",
        "dev.flightrules.step.started",
    ]
    shown = flight("ledger", "show").stdout.splitlines()
    assert len(shown) == len(exported)
    assert re.fullmatch(r"     1  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  flight      release of v2 begins beside v1", shown[0])


def test_a_plan_without_mistakes_is_told_in_words(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN)
    result = flight("check")
    assert result.exit_code == 0
    assert "no problems. This is what it will do:" in result.stdout
    assert "local: start python3 app.py --port $PORT, health http /health within 10s" in result.stdout
    assert "passes with error_rate < 1% and p95 < 250ms; otherwise: pause" in result.stdout
    assert "A release that goes well holds for 39s in all." in result.stdout
    assert json.loads(flight("check", "--json").stdout)["problems"] == []


def test_every_mistake_of_a_plan_is_told_with_its_place_and_nothing_is_touched(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN.replace("hold: 12s", "hodl: 12s").replace("> 5%", "> 5x"))
    for command in ("check", "run"):
        result = flight(command, "--json")
        assert result.exit_code == 2
        problems = json.loads(result.stdout)["error"]["problems"]
        assert {problem["line"] for problem in problems} >= {10, 11, 14}
        result = flight(command)
        assert result.exit_code == 2
        assert result.stderr.count("flight.yaml:") == len(problems)
        assert "Traceback" not in result.output
    assert not (tmp_path / ".flight").exists()


def test_a_plan_that_is_missing_makes_no_state(flight: Flight, tmp_path: Path) -> None:
    result = flight("run", "v1")
    assert result.exit_code == 2
    assert not (tmp_path / ".flight").exists()


def test_values_of_variables_are_not_shown_by_check(
    flight: Flight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_TOKEN", "s3cret-token")
    (tmp_path / "flight.yaml").write_text(
        PLAN.replace("python3 app.py --port $PORT", '"app --token ${APP_TOKEN} $PORT"')
    )
    result = flight("check")
    assert result.exit_code == 0, result.output
    assert "start app --token *** $PORT" in result.stdout
    assert "s3cret" not in result.output


def test_a_version_has_to_be_named_where_it_does_not_come_from_git(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN)
    result = flight("run")
    assert result.exit_code == 2
    assert result.stderr == "which version?\n    name it: flight run VERSION.\n"


def test_where_versions_lie_side_by_side_those_that_there_are_are_named(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN.replace("kind: local,", "kind: local, directory: versions/$version,"))
    for name in ("v1", "v2"):
        (tmp_path / "versions" / name).mkdir(parents=True)
    assert flight("run").stderr == "which version?\n    name it: flight run VERSION. There are: v1, v2.\n"


def test_a_second_run_says_who_drives_the_release(flight: Flight, written: Written) -> None:
    result = flight("run", "v3")
    assert result.exit_code == 4
    assert result.stderr.startswith("flight is already running a release here: pid ")
    assert "See it with `flight watch`; stop it with `flight abort`." in result.stderr


def test_another_version_cannot_begin_while_a_release_has_not_ended(flight: Flight, written: Written) -> None:
    written.records.lease.release()
    result = flight("run", "v3")
    assert result.exit_code == 4
    assert result.stderr.startswith(f"release {written.release.id} has not ended, so v3 cannot begin\n")


def test_rollback_during_a_release_goes_only_where_it_came_from(flight: Flight, written: Written) -> None:
    result = flight("rollback", "--to", "v0", "--reason", "because")
    assert result.exit_code == 4
    assert "it can only go back to where it came from" in result.stderr


@pytest.mark.parametrize("command", [("shutdown",), ("rollback", "--to", "v1")], ids=lambda command: command[0])
def test_what_takes_a_service_away_needs_a_reason(flight: Flight, written: Written, command: tuple[str, ...]) -> None:
    ended = flight(*command, "--reason", "  ")
    assert ended.exit_code == 2
    assert "needs a reason" in ended.stderr
    assert written.records.inbox.waiting(written.release.id) == ()


def test_the_schema_is_json(flight: Flight) -> None:
    assert json.loads(flight("schema").stdout)["type"] == "object"


def test_init_writes_a_plan_that_check_finds_right(flight: Flight, tmp_path: Path) -> None:
    result = flight("init", typed='npm start -- --port "$PORT"\n/healthz\n127.0.0.1:81\n')
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("flight check, and flight run v1\n")
    checked = flight("check")
    assert checked.exit_code == 0, checked.output
    assert 'start npm start -- --port "$PORT", health http /healthz within 30s' in checked.stdout
    assert "envoy: listen 127.0.0.1:81, health /healthz" in checked.stdout


def test_init_asks_nothing_where_it_is_told_so_and_never_overwrites(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert flight("init", "--yes").exit_code == 0
    assert "version: {from: git}" in (tmp_path / "flight.yaml").read_text()
    before = (tmp_path / "flight.yaml").read_text()
    result = flight("init", "--yes", "--start", "other")
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert (tmp_path / "flight.yaml").read_text() == before


def test_an_answer_that_makes_no_plan_is_refused_and_nothing_is_written(flight: Flight, tmp_path: Path) -> None:
    result = flight("init", "--yes", "--listen", "nowhere")
    assert result.exit_code == 2
    assert "is not an address to listen on" in result.stderr
    assert not (tmp_path / "flight.yaml").exists()


def test_a_defect_of_flight_itself_ends_with_70_and_without_a_traceback(
    flight: Flight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("it broke \x1b[2J")

    monkeypatch.setattr(places.Place, "of", broken)
    result = flight("status")
    assert result.exit_code == 70
    assert result.stderr.startswith("flight has a defect: RuntimeError: it broke \\x1b[2J\n")
    assert "Traceback" not in result.output
    monkeypatch.setenv("FLIGHT_DEBUG", "1")
    assert "Traceback" in flight("status").stderr


def test_a_state_that_cannot_be_used_says_what_to_do(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / ".flight").mkdir()
    (tmp_path / ".flight" / "flight.db").write_bytes(b"this is no database" * 100)
    result = flight("status")
    assert result.exit_code == 4
    assert "is damaged" in result.stderr
    told = json.loads(flight("status", "--json").stdout)
    assert (told["error"]["kind"], told["exit_status"]) == (StateUnusable.__name__, 4)


HEAVY = ("dbos", "sqlalchemy", "pydantic", "plotly", "matplotlib", "numpy", "aiohttp", "httpx", "lark", "yaml", "rich")


def test_importing_the_program_imports_nothing_heavy() -> None:
    code = f"import sys, flightrules.cli.main; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_the_version_is_printed(flight: Flight) -> None:
    from flightrules import __version__

    assert flight("--version").stdout == f"flight {__version__}\n"


def test_completion_offers_names_from_the_record_and_makes_no_state(written: Written, tmp_path: Path) -> None:
    from flightrules.cli.completion import earlier_stages, served_versions

    written.records.serving.set_stable("web", written.candidate, written.release.id)

    here = SimpleNamespace(params={"plan": tmp_path / "flight.yaml"})
    elsewhere = SimpleNamespace(params={"plan": tmp_path / "none" / "flight.yaml"})
    assert earlier_stages(here, "") == ["canary", "quarter"]  # type: ignore[arg-type]
    assert earlier_stages(here, "q") == ["quarter"]  # type: ignore[arg-type]
    assert served_versions(here, "v") == ["v2"]  # type: ignore[arg-type]
    assert earlier_stages(elsewhere, "") == served_versions(elsewhere, "") == []  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


def test_a_version_without_a_name_is_refused_before_a_state_is_made(flight: Flight, tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN)
    result = flight("run", "")
    assert (result.exit_code, result.stderr) == (
        2,
        "the name of the version is empty\n    name it: flight run VERSION\n",
    )
    assert not (tmp_path / ".flight").exists()


def test_during_a_release_there_is_one_way_back_and_it_is_named(flight: Flight, written: Written) -> None:
    result = flight("rollback")
    assert result.exit_code == 2
    assert result.stderr == (
        "which version? release 2026-11-21-143207-v2 is under way, and can only go back to where it came from\n"
        "    flight rollback --to v1 --reason TEXT, or flight abort\n"
    )
