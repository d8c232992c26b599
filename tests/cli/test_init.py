"""`flight init`: questions until the answers make a plan, and nothing written before they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flightrules import plan_file
from flightrules.cli.main import app

Init = Callable[..., Result]

START, HEALTH, LISTEN = (
    "How does the service start? It listens on $PORT [python3 app.py --port $PORT]:",
    "Which path answers 200 when it can serve? [/health]:",
    "Where do users reach it? [127.0.0.1:8080]:",
)


@pytest.fixture
def init(tmp_path: Path) -> Init:
    def call(*words: str, typed: str = "") -> Result:
        environment = {"FLIGHT_PLAN": str(tmp_path / "flight.yaml")}
        return CliRunner().invoke(app, ["init", *words], env=environment, input=typed)

    return call


def test_a_wrong_answer_is_asked_again_and_the_others_are_kept(init: Init, tmp_path: Path) -> None:
    result = init(typed="run me --port $PORT\nhealthz\n/healthz\nnowhere\n127.0.0.1:99999\n127.0.0.1:81\n")
    assert result.exit_code == 0, result.output
    said = result.stderr
    assert [said.count(question) for question in (START, HEALTH, LISTEN)] == [1, 2, 3]
    assert "    `http` must begin with `/`\n" in said
    assert "'nowhere' is not an address to listen on" in said
    assert "    write e.g. 127.0.0.1:8080 or 0.0.0.0:80\n" in said
    plan = plan_file.load(tmp_path / "flight.yaml", {})
    target, router = plan.services[0].target.options, plan.services[0].router.options
    assert (target.start, target.health.http, router.listen) == ("run me --port $PORT", "/healthz", "127.0.0.1:81")


def test_input_that_ends_in_the_middle_writes_nothing_and_says_how_to_answer(init: Init, tmp_path: Path) -> None:
    result = init(typed="run me --port $PORT\n")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "`Which path answers 200 when it can serve?` was not answered, and nothing was written\n"
        "    answer by options: flight init --start … --health … --listen …;"
        " --yes takes what fits best for the others\n"
    )
    assert not (tmp_path / "flight.yaml").exists()


def test_a_question_that_an_option_answers_is_not_asked(init: Init, tmp_path: Path) -> None:
    result = init("--start", "serve $PORT", "--listen", "127.0.0.1:81", typed="\n")
    assert result.exit_code == 0, result.output
    assert (START in result.stderr, HEALTH in result.stderr, LISTEN in result.stderr) == (False, True, False)


def test_a_wrong_option_is_refused_and_nothing_is_written(init: Init, tmp_path: Path) -> None:
    result = init("--yes", "--listen", "nowhere")
    assert result.exit_code == 2
    assert result.stderr == (
        "--listen: `listen` cannot be carried out: 'nowhere' is not an address to listen on\n"
        "    write e.g. 127.0.0.1:8080 or 0.0.0.0:80\n"
    )
    assert not (tmp_path / "flight.yaml").exists()


@pytest.mark.parametrize("start", ["", "   "])
def test_an_empty_start_command_is_no_answer(init: Init, tmp_path: Path, start: str) -> None:
    result = init("--yes", "--start", start)
    assert result.exit_code == 2
    assert result.stderr.startswith("--start: ")
    assert not (tmp_path / "flight.yaml").exists()


def test_a_folder_that_is_not_there_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", "--plan", str(tmp_path / "none" / "flight.yaml")], input="\n\n\n")
    assert result.exit_code == 2
    assert result.stderr == f"there is no folder {tmp_path / 'none'}\n    make it first, or name another --plan FILE\n"


def test_a_start_command_that_does_not_name_the_port_is_warned_of(init: Init) -> None:
    said = init("--yes", "--start", "python3 app.py").stderr
    assert said.startswith("warning: the start command does not name $PORT: does it listen on $PORT? Two versions run")


def test_one_that_names_it_is_not(init: Init) -> None:
    assert init("--yes", "--start", "serve --port $PORT").stderr == ""


def test_nor_one_that_names_a_file_which_asks_for_it(init: Init, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text('serve(int(os.environ["PORT"]))')
    assert init("--yes", "--start", "python3 app.py").stderr == ""
