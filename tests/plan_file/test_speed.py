"""How long a plan takes to load. Processor time: other programs on the machine do not count."""

import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest

from tests.plan_file.plans import SMALL, read

LOAD = (
    "import sys; from pathlib import Path; from flightrules.plan_file import load; "
    "load(Path(sys.argv[1]), {}); "
    "heavy = {'dbos', 'aiohttp', 'httpx', 'sqlalchemy', 'numpy', 'psutil', 'plotly'} & sys.modules.keys(); "
    "sys.exit(f'loaded {heavy}' if heavy else 0)"
)


def test_loading_a_plan_imports_no_heavy_library_of_an_adapter(tmp_path: Path) -> None:
    plan = tmp_path / "flight.yaml"
    plan.write_text(
        SMALL
        + "metrics:\n  cpu: {from: target}\n  load: {from: prometheus, query: up, url: 'http://127.0.0.1:1', unit: s}\n"
    )
    ended = subprocess.run([sys.executable, "-c", LOAD, str(plan)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.slow
def test_a_plan_with_1000_checks_loads_within_half_a_second() -> None:
    checks = "".join(f"    - {{check: c{n}, run: 'test {n}', within: {n + 1}s}}\n" for n in range(1000))
    read(SMALL)  # what is imported and built once
    before = process_time()
    plan = read(SMALL + "gates:\n  all:\n" + checks)
    assert process_time() - before < 0.5
    assert len(plan.gates["all"]) == 1000
