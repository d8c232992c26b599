from __future__ import annotations

import errno
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from itertools import takewhile
from pathlib import Path

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import Fenced, StateBusy, StateUnusable
from flightrules.state.database import State, open_state
from flightrules.state.lease import Lease
from flightrules.testing.fake_clock import FakeClock

HOLD_IT = """
import sys, time
from pathlib import Path
from flightrules.clocks.system import SystemClock
from flightrules.state.database import open_state
from flightrules.state.lease import Lease
lease = Lease(open_state(Path(sys.argv[1]), SystemClock()))
lease.acquire()
print(lease.token, flush=True)
time.sleep(60)
"""


@pytest.fixture
def other_process(state: State):
    """A process that holds the lease on `state`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD_IT, str(state.folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_holder_may_touch_things_and_nobody_else(state: State, clock: FakeClock) -> None:
    lease = Lease(state)
    with pytest.raises(Fenced, match="this process does not hold the lease on the state"):
        lease.check()
    lease.acquire()
    lease.check()
    assert lease.holder() == {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": pwd.getpwuid(os.geteuid()).pw_name,
        # Without options: a reason is typed there, and may hold a secret.
        "command": " ".join(takewhile(lambda word: not word.startswith("-"), sys.argv))[:200],
        "since": clock.now(),
    }
    lease.release()
    assert lease.holder() is None


def test_acquiring_again_keeps_the_token(state: State) -> None:
    with Lease(state) as lease:
        token = lease.token
        lease.acquire()
        assert lease.token == token


def test_a_later_holder_has_a_larger_token(state: State) -> None:
    tokens = []
    for _ in range(3):
        with Lease(state) as lease:
            tokens.append(lease.token)
    assert tokens == [1, 2, 3]


def test_a_second_process_is_told_who_is_at_work_and_what_to_do(
    state: State, other_process: subprocess.Popen[str]
) -> None:
    holder = Lease(state).holder()
    assert holder is not None and holder["pid"] == other_process.pid
    with pytest.raises(StateBusy) as refused:
        Lease(state).acquire()
    since = time.strftime("%H:%M", time.localtime(holder["since"]))
    assert refused.value.what == (
        f"flight is already running a release here: pid {other_process.pid} ({holder['user']}) since {since}."
    )
    assert refused.value.do == "See it with `flight watch`; stop it with `flight abort`."
    assert refused.value.details["pid"] == other_process.pid


def test_kill_9_leaves_no_stale_lock(state: State, other_process: subprocess.Popen[str]) -> None:
    other_process.send_signal(signal.SIGKILL)
    other_process.wait()
    assert Lease(state).holder() is None
    with Lease(state) as lease:
        assert lease.token == 2


def test_whoever_lost_the_lease_is_fenced(state: State) -> None:
    old, new = Lease(state), Lease(state)
    old.acquire()
    (state.folder / "lock").unlink()
    new.acquire()
    new.check()
    with pytest.raises(Fenced) as fenced:
        old.check()
    assert fenced.value.what == "another flight took over this state: its lease is number 2, ours was 1"
    assert fenced.value.do == "This process stops touching anything; see `flight watch` for the other one."


def test_asking_who_holds_the_lease_does_not_keep_anybody_from_it(state: State) -> None:
    for _ in range(20):
        assert Lease(state).holder() is None
        with Lease(state):
            pass


def test_scopes_are_held_apart(state: State) -> None:
    with Lease(state), Lease(state, "web") as web:
        assert web.token == 1


def test_a_file_system_that_cannot_lock_is_refused(state: State) -> None:
    def lock(file: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with pytest.raises(StateUnusable) as refused:
        Lease(state, lock=lock).acquire()
    assert refused.value.what == (
        f"the file system of {state.folder} cannot lock files (ENOLCK), as network file systems often cannot"
    )
    assert refused.value.do == (
        "Put the state on a local disk with --state DIR: without locks, two releases could run at once."
    )


def test_a_lock_file_without_words_still_locks(state: State) -> None:
    with Lease(state):
        (state.folder / "lock").write_text("")
        with pytest.raises(StateBusy, match=re.escape("flight is already running a release here: another process.")):
            Lease(state).acquire()


def test_asking_the_fence_is_cheap(tmp_path: Path) -> None:
    state = open_state(tmp_path, SystemClock())
    with Lease(state) as lease:
        begun = time.perf_counter()
        for _ in range(100):
            lease.check()
        assert (time.perf_counter() - begun) / 100 < 0.005
    state.close()
