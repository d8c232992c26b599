"""Commands that a rehearsal names speak to its own state, never to production."""

from flightrules.domain.rehearsals import Drill, Rehearsing
from flightrules.views.hints import command, of_rehearsal
from flightrules.views.model import QuestionView

STATE, GOES_ON = ".flight/rehearsal", "flight rehearse v2"


def test_a_command_names_the_state_of_rehearsals_once() -> None:
    said = "`flight approve P2 --as boss` or `flight abort --state .flight/rehearsal`"
    assert of_rehearsal(said, STATE, GOES_ON) == (
        "`flight approve --state .flight/rehearsal P2 --as boss` or `flight abort --state .flight/rehearsal`"
    )


def test_to_go_on_is_to_rehearse() -> None:
    assert of_rehearsal("go on with it: flight run", STATE, GOES_ON) == "go on with it: flight rehearse v2"
    assert of_rehearsal("begin: flight run VERSION", STATE, GOES_ON) == "begin: flight rehearse v2"


def test_what_a_shell_would_read_as_more_than_a_name_is_quoted() -> None:
    assert of_rehearsal("flight status", "my state/rehearsal", GOES_ON) == "flight status --state 'my state/rehearsal'"
    goes_on = command(Rehearsing("s.env"), r"$(id) \1")
    assert goes_on == r"flight rehearse '$(id) \1'"
    assert of_rehearsal("go on with it: flight run", STATE, goes_on) == f"go on with it: {goes_on}"


def test_a_view_is_changed_wherever_a_command_stands() -> None:
    view = (QuestionView("says: flight sign X", "boss", "X"), "nothing")
    changed = of_rehearsal(view, STATE, GOES_ON)
    assert changed == (QuestionView("says: flight sign --state .flight/rehearsal X", "boss", "X"), "nothing")


def test_the_command_of_a_rehearsal_is_the_one_that_was_typed() -> None:
    assert command(Rehearsing("s.env"), "v2") == "flight rehearse v2"
    drilled = Rehearsing("s.env", answers=True, drill=Drill.CODE, at="full")
    assert command(drilled, "v2") == "flight drill code v2 --at full --yes"
