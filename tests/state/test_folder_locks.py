import subprocess
import sys

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.state.database import open_state
from flightrules.state.releases import Release, Releases

PASSING_BY = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select count(*) from releases'); c.close()"
)


@pytest.mark.slow
def test_opening_a_state_twice_in_one_process_leaves_the_locks_of_the_first_alone(tmp_path):
    first = open_state(tmp_path / "state", SystemClock())
    Releases(first).create(Release("r1", "release", "shop", "", "", "anna"))
    open_state(tmp_path / "state", SystemClock()).close()
    subprocess.run([sys.executable, "-c", PASSING_BY, str(first.path)], check=True)
    log = first.path.with_name("flight.db-wal")
    assert log.exists(), "whoever passes by must see that the database is in use, and leave its log alone"
    first.close()
