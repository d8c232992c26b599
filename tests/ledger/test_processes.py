from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.events import Event
from flightrules.ledger.ledger import Ledger
from flightrules.state.database import open_state

APPEND = """
import sys
from pathlib import Path
from flightrules.clocks.system import SystemClock
from flightrules.domain.events import Event
from flightrules.ledger.ledger import Ledger
from flightrules.state.database import open_state
folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ledger = Ledger(open_state(folder, SystemClock()), SystemClock())
for number in range(count):
    ledger.append(Event("step.started", name, {"step": number}, key=f"s{number}"))
    ledger.append(Event("step.started", "both", {"by": name}, key=f"s{number}"))
    print(number, flush=True)
"""


def appending(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", APPEND, str(folder), name, str(count)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_two_processes_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    with appending(tmp_path, "a", 150) as a, appending(tmp_path, "b", 150) as b:
        a.communicate(timeout=60), b.communicate(timeout=60)
    assert (a.returncode, b.returncode) == (0, 0)
    state = open_state(tmp_path, SystemClock())
    ledger = Ledger(state, SystemClock())
    assert ledger.verify() == ()
    assert Counter(entry.event.release for entry in ledger.entries()) == {"a": 150, "b": 150, "both": 150}
    state.close()


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 40, 97])
def test_kill_9_in_the_middle_loses_nothing_that_was_acknowledged(tmp_path: Path, after: int) -> None:
    with appending(tmp_path, "a", 100_000) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
    state = open_state(tmp_path, SystemClock())
    ledger = Ledger(state, SystemClock())
    assert ledger.verify() == ()
    for number in range(len(acknowledged)):
        assert ledger.find("a", f"s{number}") is not None
    ledger.append(Event("step.started", "a", key="afterwards"))
    assert ledger.verify() == ()
    state.close()
