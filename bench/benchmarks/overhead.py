"""What a plan costs over the same commands in a shell script.

The plan has a gate with twenty trivial checks and the smallest release there is: a new version is built, started,
found healthy, and gets all the traffic for a moment. The script runs the same twenty commands, builds and starts the
same version and waits until it is healthy; the hold counts for neither. The script moves no traffic, keeps no record,
and starts nothing again: that is what the difference buys.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Sequence

from bench.effort import Effort
from bench.figures import median
from bench.rows import AtMost, Row
from bench.shop import Failed, Shop, environment, free_port, shop

TITLE = "a plan of twenty trivial steps beside a shell script of the same commands"

TIMES = 9
CHECKS = 20
TRIVIAL = "true"
HOLD = 0.1
AGREED = (
    "stages: [{stage: full, traffic: 100%, hold: 100ms, look: every 100ms, pass: memory < 1 GB}]\n"
    "gates:\n  ready:\n" + "".join(f"    - {{check: Step {n}, run: '{TRIVIAL}'}}\n" for n in range(1, CHECKS + 1))
)
SCRIPT = """\
set -e
cp -r versions/{version}/. {built}
{steps}
( cd {built} && cp -r ../shoplib . )
( cd {built} && exec python3 app.py --port {port} ) >/dev/null 2>&1 &
echo $!
until curl --silent --fail --output /dev/null http://127.0.0.1:{port}/health; do sleep 0.05; done
"""


async def measure(effort: Effort) -> Sequence[Row]:
    """Release v2 beside v1 with `flight`, then start it with the script; in a new shop each time: nothing is warm."""
    return judged([await _round() for _ in range(effort.times(TIMES))])


def judged(rounds: Sequence[tuple[float, float]]) -> list[Row]:
    """Return the rows for these rounds: in each, the seconds of `flight run` and of the script."""
    ours, script = zip(*rounds, strict=True)
    more = median([one - other for one, other in rounds])
    peer = f"bash: {median(script):.2f} s"
    return [
        Row(f"more than the script, plan of {CHECKS} trivial steps", more, "s", AtMost(1.5), peer),
        Row("whole `flight run`, without the hold", median(ours), "s", None, peer),
        Row("the same, quickest round", min(ours), "s", None, f"bash: {min(script):.2f} s"),
    ]


async def _round() -> tuple[float, float]:
    async with shop(AGREED) as place:
        began = time.perf_counter()
        await place.carry_out("run", "v2", "--plain")
        ours = time.perf_counter() - began - HOLD
        return ours, await asyncio.to_thread(_script, place, "v2")


def _script(place: Shop, version: str) -> float:
    """Run the script, end what it started, and return how long it ran."""
    built = place.folder / "by-hand"
    built.mkdir()
    steps = "\n".join([f"/bin/sh -c '{TRIVIAL}'"] * CHECKS)
    text = SCRIPT.format(version=version, built=built.name, steps=steps, port=free_port())
    began = time.perf_counter()
    with subprocess.Popen(
        ["bash", "-c", text], cwd=place.folder, env=environment(), stdout=subprocess.PIPE, text=True
    ) as script:  # fmt: skip
        assert script.stdout is not None
        server = script.stdout.readline()
        status = script.wait(30)
        took = time.perf_counter() - began
    if server.strip().isdigit():
        subprocess.run(["kill", "-9", server.strip()], check=False)
    shutil.rmtree(built)
    if status != 0:
        raise Failed(f"the script ended with {status}")
    return took
