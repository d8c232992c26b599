"""A command as a check: how it ended, what it printed, and that nothing of it is left."""

import asyncio
from pathlib import Path

import pytest

from flightrules.checks import _searching, run
from flightrules.clocks.system import SystemClock
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.processes.commands import ShellCommands


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    return tmp_path


async def found(folder: Path, line: str, within: float = 10.0, **options: object) -> Found:
    commands = ShellCommands(folder / "commands", SystemClock())
    tools = Tools(
        "gates/code/tests", within, folder, folder / "evidence", "", "v2", commands, SystemClock(), {"A": "b"}
    )
    return await run.create(run.Options(run=line, **options), tools).look()


async def test_the_exit_status_and_the_fields_of_printed_json_are_values(folder: Path) -> None:
    seen = await found(folder, """echo warning >&2; echo '{"serious": 3, "by": {"rule": 2}}'; exit 4""")
    assert seen.says == "exit status 4" and seen.verdict is None
    assert (seen.values["exit_status"], seen.values["serious"], seen.values["by"]["rule"]) == (4, 3, 2)
    assert sorted(seen.output) == ["warning", '{"serious": 3, "by": {"rule": 2}}']


async def test_an_expression_that_takes_for_ever_is_ended_and_everything_else_goes_on_meanwhile() -> None:
    looking = asyncio.ensure_future(_searching.last_match("(?P<a>(0+)+)x", "0" * 500, within=1.5))
    began, turns = SystemClock().monotonic(), 0
    while not looking.done():
        await asyncio.sleep(0.05)
        turns += 1
    with pytest.raises(_searching.TooSlow):
        await looking
    assert turns > 5 and SystemClock().monotonic() - began < 10


async def test_a_check_whose_expression_takes_for_ever_knows_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_slow(*_: object) -> None:
        raise _searching.TooSlow

    monkeypatch.setattr(run, "last_match", too_slow)
    seen = await found(folder, "echo 000", match="(?P<a>(0+)+)x")
    assert seen.verdict is Verdict.UNREACHABLE
    assert seen.says == "what it printed could not be looked through for (?P<a>(0+)+)x within 20s"


async def test_the_named_groups_of_the_last_match_are_values(folder: Path) -> None:
    line = "printf '1 passed\\n1,204 passed, coverage 81.5%% on main\\n'"
    seen = await found(
        folder, line, match=r"(?P<passed>[\d,]+) passed, coverage (?P<coverage>[\d.]+)% on (?P<branch>\w+)"
    )
    assert (seen.values["passed"], seen.values["coverage"], seen.values["branch"]) == (1204.0, 81.5, "main")


async def test_it_runs_in_its_directory_with_its_environment_and_the_version(folder: Path) -> None:
    seen = await found(folder, "basename $PWD; echo $A $KEY $VERSION", directory="web", environment={"KEY": "value"})
    assert seen.output == ("web", "b value v2")


async def test_a_directory_that_is_not_there_is_said(folder: Path) -> None:
    seen = await found(folder, "true", directory="app")
    assert (seen.says, seen.verdict) == ("there is no folder app to run it in", Verdict.UNREACHABLE)


async def test_one_that_takes_too_long_or_is_killed_has_failed(folder: Path) -> None:
    slow = await found(folder, "sleep 30", within=0.2)
    assert (slow.says, slow.verdict) == ("took longer than 200ms and was ended", Verdict.FAIL)
    killed = await found(folder, "kill -SEGV $$")
    assert (killed.says, killed.verdict) == ("was ended by signal 11 (SIGSEGV)", Verdict.FAIL)


async def test_one_that_wants_a_terminal_or_an_answer_gets_none(folder: Path) -> None:
    seen = await found(folder, "read answer || echo nobody answers; test -t 0 || echo no terminal")
    assert seen.output == ("nobody answers", "no terminal")


@pytest.mark.slow
async def test_a_gigabyte_of_output_is_read_to_its_end_and_not_kept(folder: Path) -> None:
    seen = await found(folder, "head -c 1000000000 /dev/zero | tr '\\0' x; exit 0", within=60.0)
    assert seen.values["exit_status"] == 0 and sum(map(len, seen.output)) < 20_000
    assert "json" not in seen.values


@pytest.mark.parametrize("pattern", ["(", "no group"])
def test_a_pattern_without_a_named_group_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"regular expression|must name at least one group"):
        run.Options(run="true", match=pattern)
