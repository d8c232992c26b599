import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Gauge
from flightrules.metric_sources import command
from flightrules.ports.metric_source import Question
from flightrules.processes.marks import MarkedProcesses
from tests.metric_sources.running import running_in

V1, V2 = Version("v1", "1" * 40), Version("$(touch stolen); v2", "2" * 40)
BOTH = Question("web", {CANDIDATE: V2, STABLE: V1})
ABOUT = {"name": "n", "service": "web", "target": None, "router": None, "clock": None}


def source(folder: Path, run: str, **options: object) -> command.CommandSource:
    return command.create(
        command.Options(run=run, **options), plan_folder=folder, marks=MarkedProcesses(folder / "marks"), **ABOUT
    )


async def refusal(asked: command.CommandSource) -> str:
    with pytest.raises(SourceUnreachable) as refused:
        await asked.read(BOTH)
    return refused.value.what


async def test_the_last_line_that_is_not_blank_is_the_value(tmp_path):
    assert await source(tmp_path, "echo counting; echo ' 7.5 '; echo").read(BOTH) == {ALL: Gauge(7.5)}


async def test_a_field_of_the_json_that_it_prints_is_the_value(tmp_path):
    asked = source(tmp_path, """printf '{\n"open": {"serious": 4}}'""", value="open.serious")
    assert await asked.read(BOTH) == {ALL: Gauge(4.0)}


async def test_it_runs_in_the_folder_of_the_plan_for_a_service(tmp_path):
    (tmp_path / "web.txt").write_text("3")
    assert await source(tmp_path, "cat $SERVICE.txt").read(BOTH) == {ALL: Gauge(3.0)}


@pytest.mark.parametrize(
    "run", ['test "$VERSION" = v1 && echo 1 || echo 2', 'test "$version" = v1 && echo 1 || echo 2']
)
async def test_a_line_that_mentions_the_version_runs_once_for_each(tmp_path, run):
    assert await source(tmp_path, run).read(BOTH) == {V1.key: Gauge(1.0), V2.key: Gauge(2.0)}


async def test_a_script_that_reads_the_version_by_itself_is_told_so(tmp_path):
    (tmp_path / "cost").write_text('case "$DIGEST" in 1*) echo 1;; *) echo 2;; esac')
    asked = source(tmp_path, "sh ./cost", per_version=True)
    assert await asked.read(BOTH) == {V1.key: Gauge(1.0), V2.key: Gauge(2.0)}


async def test_the_name_of_a_version_is_never_taken_for_a_command(tmp_path):
    await source(tmp_path, "echo $VERSION >/dev/null; echo 1").read(BOTH)
    assert not (tmp_path / "stolen").exists()


async def test_a_command_that_fails_says_its_last_words_without_its_secrets(tmp_path):
    asked = source(tmp_path, "echo no; echo denied for $TOKEN >&2; exit 3", environment={"TOKEN": "hunter2"})
    assert await refusal(asked) == "the command ended with status 3: denied for …"


@pytest.mark.parametrize("secret", ["opensesame", "first line\nopensesame"])
async def test_no_part_of_a_secret_is_left_where_the_last_words_are_cut(tmp_path, secret):
    line = 'printf "%s%s\\n" "$(printf "%0195d" 0)" "$WORD" >&2; exit 1'
    said = await refusal(source(tmp_path, line, environment={"WORD": secret}))
    assert "0…" in said and "open" not in said


async def test_a_command_that_prints_no_number_is_no_measurement_of_anything(tmp_path):
    words = "what the command printed: the last line is the text `7 errors`, not a number"
    assert await refusal(source(tmp_path, "echo 7 errors")) == words


async def test_a_command_that_prints_nothing_has_no_measurement(tmp_path):
    assert await source(tmp_path, "true").read(BOTH) == {}


async def test_a_command_that_prints_too_much_is_ended(tmp_path):
    assert await refusal(source(tmp_path, "yes")) == "the command printed more than 1 MiB"


async def test_a_command_that_complains_too_much_is_ended(tmp_path):
    assert await refusal(source(tmp_path, "yes >&2")) == "the command printed more than 1 MiB"


async def test_a_command_that_takes_too_long_is_ended_with_all_its_children(tmp_path):
    asked = source(tmp_path, "(sleep 60; echo 1) & sleep 60", within=0.3)
    assert await refusal(asked) == "the command did not end within 300ms"
    assert running_in(tmp_path) == 0


async def test_children_that_outlive_the_command_are_ended_when_its_time_is_up(tmp_path):
    asked = source(tmp_path, "sleep 60 & echo 1", within=0.3)
    assert await refusal(asked) == "the command did not end within 300ms"
    assert running_in(tmp_path) == 0


async def test_what_a_command_leaves_behind_is_ended_although_it_answered_in_time(tmp_path):
    asked = source(tmp_path, "sleep 60 >/dev/null 2>&1 & echo 5")
    assert await asked.read(BOTH) == {ALL: Gauge(5.0)}
    assert running_in(tmp_path) == 0


async def test_giving_up_the_asking_ends_the_command_before_it_returns(tmp_path):
    asking = asyncio.create_task(source(tmp_path, "sleep 60 & sleep 60").read(BOTH))
    while not running_in(tmp_path):
        await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert running_in(tmp_path) == 0


async def test_a_folder_that_is_gone_is_said_to_be(tmp_path):
    assert "the command could not be started: " in await refusal(source(tmp_path / "gone", "echo 1"))


WAITS = """
import asyncio, sys
from pathlib import Path
from flightrules.domain.traffic import Version
from flightrules.metric_sources import command
from flightrules.ports.metric_source import Question
from flightrules.processes.marks import MarkedProcesses
folder = Path(sys.argv[1])
about = dict(name="n", service="web", target=None, router=None, clock=None, plan_folder=folder)
asked = command.create(command.Options(run="sleep 600 & sleep 600"), marks=MarkedProcesses(folder / "marks"), **about)
asyncio.run(asked.read(Question("web", {"candidate": Version("v2", "2" * 40)})))
"""


def test_a_command_that_outlived_a_killed_flight_is_found_and_ended_with_all_its_children(tmp_path):
    marks = MarkedProcesses(tmp_path / "marks")
    with subprocess.Popen([sys.executable, "-c", WAITS, str(tmp_path)]) as flight:
        try:
            while running_in(tmp_path) < 3:  # the shell and what it waits for
                assert flight.poll() is None
                time.sleep(0.02)
            flight.kill()
            flight.wait()
            MarkedProcesses(tmp_path / "another").kill_all()
            assert running_in(tmp_path) == 3
        finally:
            marks.kill_all()
    assert running_in(tmp_path) == 0


async def test_a_group_whose_number_may_be_anothers_is_not_signalled(tmp_path):
    """The shell has ended and was waited for: only what carries the mark is ended."""
    asked = source(tmp_path, "setsid sleep 60 & sleep 60 & echo 1", within=0.3)
    assert await refusal(asked) == "the command did not end within 300ms"
    assert running_in(tmp_path) == 0, "also what left the group"
