"""Every mistake has its place, what is wrong, and what to write instead: the folder `bad` holds each, word for word."""

import os
from pathlib import Path

import pytest

from flightrules.plan_file import PlanProblems, load
from tests.plan_file.plans import ENVIRONMENT, SMALL, complaints, read

BAD = Path(__file__).parent / "bad"


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.yaml")))
def test_a_bad_plan_is_refused_with_these_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(PlanProblems) as refused:
        load(Path(f"{name}.yaml"), ENVIRONMENT)
    assert str(refused.value) + "\n" == (BAD / f"{name}.txt").read_text()


def test_no_expected_message_is_left_without_its_plan() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in BAD.glob("*.yaml")}


def test_no_message_shows_what_a_variable_stands_for() -> None:
    assert not [path.name for path in BAD.glob("*.txt") if ENVIRONMENT["TOKEN"] in path.read_text()]


def test_the_plan_that_the_bad_ones_are_made_from_is_a_good_one() -> None:
    assert read(SMALL).name == "shop"


def refusal(path: Path) -> str:
    with pytest.raises(PlanProblems) as refused:
        load(path, {})
    return str(refused.value).replace(f"{path.parent}{os.sep}", "")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "flight.yaml") == (
        "flight.yaml:1:1: there is no such file\n    `flight init` writes a plan that runs"
    )


def test_a_file_with_the_other_ending_is_offered(tmp_path: Path) -> None:
    (tmp_path / "flight.yml").write_text(SMALL)
    assert refusal(tmp_path / "flight.yaml") == (
        "flight.yaml:1:1: there is no such file\n    did you mean flight.yml?"
    )  # fmt: skip


def test_a_directory_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    assert refusal(tmp_path / "plan") == (
        "plan:1:1: this is a directory, not a plan file\n    name the file in it: plan/flight.yaml"
    )


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == (
        "pipe:1:1: this is not a regular file\n    write the plan into a file of its own"
    )  # fmt: skip


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(SMALL)
    (tmp_path / "flight.yaml").chmod(0)
    assert refusal(tmp_path / "flight.yaml") == (
        "flight.yaml:1:1: the file cannot be read: Permission denied\n    check who may read it: ls -l"
    )


def test_a_file_of_10_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "flight.yaml").open("wb") as file:
        file.truncate(10_000_000)
    assert refusal(tmp_path / "flight.yaml") == (
        "flight.yaml:1:1: the file has 10.0 MB; a plan has at most 1 MB\n"
        "    is this the right file? Keep data in files of its own, which checks read"
    )


def test_bytes_that_are_not_utf_8_are_named_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_bytes("plan: shop\nversion: ü\n".encode("latin-1"))
    assert refusal(tmp_path / "flight.yaml") == (
        "flight.yaml:2:10: byte 0xfc is not UTF-8\n    save the file as UTF-8"
    )  # fmt: skip


def test_aliases_that_unfold_to_billions_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert complaints("\n".join(lines)) == (
        "flight.yaml:4:25: aliases unfold to more than 5,000 values here\n"
        "    write the values out, or use fewer aliases"
    )  # fmt: skip


def test_nesting_without_end_is_refused() -> None:
    assert complaints("[" * 100_000) == (
        "flight.yaml:1:52: this is nested more than 50 deep\n    a plan needs seven levels"
    )  # fmt: skip


def test_values_without_end_are_refused() -> None:
    assert complaints("[" + "1," * 60_000 + "]") == (
        "flight.yaml:1:100000: the file has more than 50,000 values\n    is this the right file?"
    )


def test_no_more_than_a_hundred_problems_are_shown() -> None:
    assert complaints("\n".join(f"key{n}: 1" for n in range(300))).count("has no key") == 100


def test_half_a_character_is_refused() -> None:
    assert complaints("plan: \ud800") == (
        "flight.yaml:1:1: the text holds half a character (a lone surrogate)\n    save the file as UTF-8"
    )


def test_problems_come_in_the_order_of_the_file() -> None:
    with pytest.raises(PlanProblems) as refused:
        load(BAD / "many-at-once.yaml", {})
    places = [(problem.line, problem.column) for problem in refused.value.problems]
    assert places == sorted(places)
    assert len(places) == 8
