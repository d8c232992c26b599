"""The picture of a release in a terminal: it fits, it says in words what it shows in colours, and nothing gets out."""

import getpass
import io
import os
import re

import pytest
from rich.console import Console

from flightrules.cli.clean import clean
from flightrules.cli.drawing.frame import Frame
from flightrules.cli.drawing.style import clock_time
from flightrules.cli.screens import PlainScreen, drawing_console
from flightrules.domain.traffic import Version
from flightrules.records import Records
from flightrules.testing.fake_clock import FakeClock
from flightrules.views.as_json import to_json
from flightrules.views.following import Following
from tests.written import Written

LOOK = {"error_rate": (5.8, 0.0), "p95": (0.012, 0.011), "request_rate": (50.2, 149.9), "memory": (2.1e7, 2.2e7)}
HOLDING = """\
shop  v1 → v2                                                                21s
 HOLDING   quarter, 25%
7s left of 12s, then full, 100%

✓ canary 5% passed   ▶ quarter 25% 5s/12s   ○ full 100%

web  ██████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  v2 25%  v1 75%

                     v2         v1              limits
error_rate         5.8%         0%  over 5s/5s  > 5% for 5s rolls back
p95                12ms       11ms  ok          > 5x baseline for 10s rolls back
request_rate     50.2/s      150/s
memory        20.03 MiB  20.98 MiB  ok          > 300 MB warns
"""


def drawn(written: Written, width: int, height: int | None = None, colours: bool = False) -> str:
    view = Following(written.records, written.plan, written.release).view()
    out = io.StringIO()
    console = Console(file=out, width=width, markup=False, highlight=False, emoji=False,
                      force_terminal=colours, color_system="truecolor" if colours else None)  # fmt: skip
    console.print(Frame(view, height=height))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


@pytest.fixture
def holding(written: Written) -> Written:
    written.started().holds(1, "canary", 5).ends(1, "canary").holds(2, "quarter", 25)
    for _ in range(6):
        written.look("stages/2-quarter", LOOK)
    return written


def test_a_holding_release_looks_like_this(holding: Written) -> None:
    assert drawn(holding, 80).startswith(HOLDING)


def test_with_more_room_every_limit_is_shown(holding: Written) -> None:
    assert "> 5x baseline for 10s rolls back · < 250ms to pass" in drawn(holding, 120)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_the_essentials_are_there(holding: Written, width: int) -> None:
    text = drawn(holding, width)
    assert max(map(len, text.splitlines())) <= min(width, 120)
    for essential in ("HOLDING", "quarter", "v2 25%", "v1 75%", "error_rate", "over", "flight abort", "7s left"):
        assert essential in text


@pytest.mark.parametrize("height", [12, 18, 24, 40])
def test_a_picture_never_has_more_lines_than_the_terminal(holding: Written, height: int) -> None:
    assert len(drawn(holding, 80, height).splitlines()) <= height


@pytest.fixture
def compared(written: Written) -> Written:
    written.started().holds(1, "canary", 5)
    for number in range(1, 61):
        written.look("stages/1-canary", {}).weighed((13, 1), (240, 1), log_e=number / 20, needed=4200)
    return written


def test_the_comparison_says_what_failed_and_how_the_evidence_came_to_where_it_is(compared: Written) -> None:
    assert """\
compared   v2 60 of 780 failed (6% to 9.8%)
           v1 60 of 14,400 failed (0.32% to 0.54%)
evidence   ▁▁▂▂▂▂▃▃▃▃▄▄▄▄▄▅▅▅▅▆ · 3.0; at 4.6 it is called back
           as rarely as v1 fails so far, about 4,200 more requests would certify it
""" in drawn(compared, 84)


def test_a_release_that_goes_back_is_not_told_how_many_requests_would_certify_it(compared: Written) -> None:
    compared.event("goback.started", why="error_rate is 9%", procedure="code")
    assert "would certify" not in drawn(compared, 84)
    assert "would certify" not in drawn(compared.ended("rolled back"), 84)


def test_a_certified_candidate_is_called_so(compared: Written) -> None:
    compared.look("stages/1-canary", {}).weighed((13, 0), (240, 1), log_e=-1.0, certified=True, needed=0)
    assert "certified: fails less than twice as often as v1" in drawn(compared, 80)


def test_the_comparison_gives_way_to_a_small_terminal_and_the_commands_do_not(compared: Written) -> None:
    small = drawn(compared, 80, 14)
    assert "evidence" not in small and "flight abort" in small
    assert max(map(len, drawn(compared, 60).splitlines())) <= 60


def test_events_give_way_before_anything_else_does(holding: Written) -> None:
    assert "stage quarter holds" in drawn(holding, 80, 24)
    small = drawn(holding, 80, 16)
    assert "flight abort" in small and "looking whether" not in small


def test_a_release_without_a_driver_cannot_be_overlooked(holding: Written) -> None:
    holding.records.lease.release()
    text = drawn(holding, 100)
    assert " HOLDING, UNATTENDED " in text
    assert "no process drives this release, and nobody watches the rules, since 14:" in text
    assert "flight run · flight abort" in text


def test_whoever_reads_lines_is_told_at_once_that_nobody_drives_and_when_somebody_does_again(holding: Written) -> None:
    out = io.StringIO()
    screen = PlainScreen(out)
    following = Following(holding.records, holding.plan, holding.release)
    screen.show(following.view(), following.new)
    last_look = clock_time(holding.clock.now())
    holding.records.lease.release()
    out.truncate(0)
    for _ in range(2):
        holding.clock.advance(60)
        screen.show(following.view(), following.new)
    holding.records.lease.acquire()
    screen.show(following.view(), following.new)
    gone, back = out.getvalue().strip("\0").splitlines()
    assert gone.endswith(
        f"  no process drives this release since {last_look}: traffic stays as it is, nobody watches the rules;"
        " `flight run` goes on, `flight abort` takes it back"
    )
    assert back.endswith(f"  pid {os.getpid()} ({getpass.getuser()}) drives this release again")
    holding.ended("released")
    holding.records.lease.release()
    screen.show(following.view(), following.new)
    assert out.getvalue().splitlines()[-1].endswith("ended: released, after 42.5s")


def test_a_hold_shows_what_to_do_and_the_last_lines_of_the_log(written: Written) -> None:
    log = [f"line {number}" for number in range(20)]
    written.event("release.held", "x/1/held", why="the build failed", do="look at the log", details={"log": log})
    text = drawn(written, 80)
    assert " HELD   the build failed" in text
    assert "look at the log" in text
    assert "| line 19" in text and "| line 11" not in text


def test_a_terminal_without_unicode_gets_plain_marks(holding: Written) -> None:
    view = Following(holding.records, holding.plan, holding.release).view()
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(file=out, width=80, markup=False, highlight=False).print(Frame(view))
    out.seek(0)
    text = out.read()
    assert "v1 -> v2" in text and "> quarter 25%" in text and "######======" in text


HOSTILE = "v2\x1b[2J\x1b]0;owned\x07\u202e[red]boo[/red]\r\nx"


def test_a_version_with_a_hostile_name_cannot_draw_on_the_screen(
    records: Records, clock: FakeClock, tmp_path: object
) -> None:
    from pathlib import Path

    written = Written(records, clock, Path(str(tmp_path)), candidate=Version(HOSTILE, "2" * 64)).started()
    written.holds(1, "canary", 5)
    written.event("rule.fired", rule="x", says=HOSTILE, action="warn")
    text = drawn(written, 120, colours=True)
    without_our_colours = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", without_our_colours)
    assert r"v2\x1b[2J\x1b]0;owned\x07\u202e[red]boo[/red]" in without_our_colours


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("größer → 5 %", "größer → 5 %"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202eabc", r"\u202eabc"),
        ("nul\x00", r"nul\x00"),
        ("\x9b31m", r"\x9b31m"),
        ("\ud800", r"\ud800"),
    ],
)
def test_text_from_elsewhere_is_made_harmless(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_line_of_a_megabyte_is_cut() -> None:
    assert len(clean("x" * 1_000_000)) == 2000


def test_the_bar_is_full_wherever_all_traffic_is_and_empty_only_where_nobody_serves(written: Written) -> None:
    assert f"web  {'░' * 24}  no traffic was moved yet" in drawn(written, 80)
    assert f"web  {'▒' * 24}  v2 0%  v1 100%" in drawn(written.shifted(0), 80)
    assert f"web  {'█' * 24}  v2 100%  v1 0%" in drawn(written.shifted(100), 80)


def test_a_question_that_waits_for_an_answer_is_drawn_with_who_can_answer_it(written: Written) -> None:
    written.started().event("question.asked", "database/main/asked", says="the migration drops a column", role="dba")
    shown = drawn(written, 100)
    assert " ASKING   the migration drops a column" in shown
    assert "flight approve --as dba" in shown


def test_while_a_restore_asks_it_is_said_since_when_users_see_the_page_and_nothing_is_written(written: Written) -> None:
    written.started().shifted(0)
    written.event("goback.started", "back/started", procedure="database", why="orders are lost")
    for _ in range(2):  # asked again after a crash, it is closed since the first time
        written.event("traffic.shifted", service="web", split={}, names={}, closed=True, seconds=0.1)
    written.event("writes.stopped", "database/main/restore/closed", database="main")
    written.event("question.asked", "database/main/restore/approval/asked", says="restoring takes it back", role="")
    now, asks = written.clock.now() + 125, f"{'░' * 24}  "
    closed, stopped = clock_time(now - 128), clock_time(now - 126)
    written.clock.advance(125)
    shown = drawn(written, 100)
    assert f"web   {asks}users see the plan's page since {closed}, for 2m 8s" in shown
    assert f"main  {asks}takes no writes since {stopped}, for 2m 6s" in shown
    told = to_json(Following(written.records, written.plan, written.release).view())
    assert told["writes_stopped"] == [{"database": "main", "since": now - 126}]
    assert told["services"][0]["closed_since"] == now - 128
    written.event("writes.allowed", "database/main/restore/opened", database="main")
    assert "takes no writes" not in drawn(written.shifted(0), 100)
    assert "users see the plan's page" not in drawn(written, 100)


def test_lines_say_once_what_to_do_about_a_hold(written: Written) -> None:
    out = io.StringIO()
    screen, following = PlainScreen(out), Following(written.records, written.plan, written.release)
    written.event("release.held", "x/1/held", why="the port is taken", do="End it, then `flight resume`.")
    screen.show(following.view(), following.new)
    screen.show(following.view(), following.new)
    assert out.getvalue().splitlines()[-1] == "          End it, then `flight resume`."
    assert out.getvalue().count("flight resume") == 1


def test_what_is_piped_is_neither_cut_nor_filled_up_with_blanks(
    written: Written, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # whoever sets it wants the lines to be cut
    why = "the build of v2 of web failed with exit status 1, and this is said in many words " + "again and again " * 20
    written.event("people.told", "rules/late", text=why)
    view = Following(written.records, written.plan, written.release).view()
    drawing_console().print(Frame(view))
    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith("again and again") and len(line) > 300 for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert len(lines[0]) <= 120
