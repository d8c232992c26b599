"""The live picture: the last one stays on the screen, and what the command says below it does not push it off."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from flightrules.cli.screens import LAST_WORDS, LiveScreen
from flightrules.views.following import Following
from tests.written import Written

LOOK = {"error_rate": (0.0, 0.0), "p95": (0.012, 0.011), "request_rate": (50.2, 149.9), "memory": (2.1e7, 2.2e7)}


@pytest.mark.parametrize("height", [20, 24, 40])
def test_the_first_lines_of_the_last_picture_stay_on_the_screen(written: Written, height: int) -> None:
    written.started().holds(1, "canary", 5).look("stages/1-canary", LOOK).ends(1, "canary").holds(2, "quarter", 25)
    written.look("stages/2-quarter", LOOK).ends(2, "quarter").ended("released")
    following = Following(written.records, written.plan, written.release)
    out = io.StringIO()
    screen = LiveScreen(console=Console(file=out, width=80, height=height, force_terminal=True, color_system=None))
    screen.show(following.view(), following.new)
    screen.rest()
    last = out.getvalue().rpartition("shop  v1")[2]
    assert "RELEASED" in last
    assert "ended: released" in last, "the events give way from the oldest on"
    assert last.count("\n") + LAST_WORDS < height
