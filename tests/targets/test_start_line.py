"""A start line of one command becomes the program itself; one of several keeps its shell."""

import pytest

from flightrules.targets._local.shell import as_one_process


@pytest.mark.parametrize(
    "line, given",
    [
        ("uvicorn shop:app --port $PORT", "exec uvicorn shop:app --port $PORT"),
        ("  serve\n", "exec serve"),
        ("WORKERS=2 serve", "exec env WORKERS=2 serve"),
        ("serve 'a && b; c'", "exec serve 'a && b; c'"),
        ("serve > out.log 2>&1", "exec serve > out.log 2>&1"),
        ("serve --workers=${WORKERS:-2}", "exec serve --workers=${WORKERS:-2}"),
    ],
)
def test_a_single_command_takes_the_place_of_its_shell(line, given):
    assert as_one_process(line) == given


@pytest.mark.parametrize(
    "line",
    [
        "cd app && serve",
        "prepare; serve",
        "serve | tee log",
        "prepare\nserve",
        "(serve)",
        "serve $(nproc)",
        "serve `nproc`",
        "serve & wait",
        "exec serve",
        "WORKERS=2 exec serve",
        "serve 'unbalanced",
    ],
)
def test_what_is_more_than_a_single_command_stays_as_it_is(line):
    assert as_one_process(line) == line
