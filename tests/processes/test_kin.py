import json
import os
import subprocess
import sys

import pytest

from flightrules.processes.shelf import MARK

pytestmark = pytest.mark.slow

LOOK = """
import json, subprocess, sys
from flightrules.processes.kin import kin
child = subprocess.Popen([sys.executable, "-c", "print(1, flush=True); input()"], stdin=-1, stdout=-1)
child.stdout.readline()
print(json.dumps([child.pid, [process.pid for process in kin(sys.argv[1], None)]]))
child.stdin.close(); child.wait()
"""


def test_a_flight_that_a_program_runs_finds_its_kin_but_neither_itself_nor_what_it_descends_from(tmp_path):
    mark = f"{tmp_path}/ci-job"
    line = [sys.executable, "-c", LOOK, mark]
    outer = f"import subprocess; print(subprocess.run({line!r}, capture_output=True, text=True).stdout)"
    ran = subprocess.run(
        [sys.executable, "-c", outer], env={**os.environ, MARK: mark}, capture_output=True, text=True, timeout=60
    )
    child, found = json.loads(ran.stdout)
    assert found == [child]
