"""Generated sequences of signals, deaths and readings, held against the twelve rules of the design.

Each example is a list of what happens and when; a red run names the shortest one that it found, and the next run
tries the same ones. `FLIGHT_EXAMPLES=5000 pytest tests/release/test_rough_weather.py` tries that many for each plan,
and other ones each time.
"""

import asyncio
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightrules.domain.plan import Action, Do, Metric, Rule, Unit
from tests.release.flying import ACTS, fly
from tests.release.plans import TOO_BAD, above, command_check, plan, stage
from tests.release.twelve import RULES, the_end
from tests.release.watched import Watched

EXAMPLES = int(os.environ.get("FLIGHT_EXAMPLES", "0"))
QUICK_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Memory: nothing here is about a disk, and every record waits for it."""

HOLD = 20.0
CHECK = command_check("Orders can be listed", "check orders", 60.0)
GATES = {"code": (command_check("Unit tests pass", "make test", 60.0),)}
RULES_OF_THE_PLAN = (
    TOO_BAD,
    Rule(above("memory", 90.0, "memory > 90%"), Action(Do.PAUSE)),
    Rule(above("error_rate", 2.0, "error_rate > 2% for 10s", 10.0), Action(Do.STEP_BACK, "canary")),
    Rule(above("p95", 0.001, "p95 > 1ms"), Action(Do.WARN)),
)
MORE = {"metrics": (Metric("memory", "fake", Unit.PERCENT),), "verify": (CHECK,), "gates": GATES}


def stages(*fails: Action):
    shares = (("canary", 5), ("quarter", 25), ("full", 100))
    return tuple(stage(name, share, HOLD, fail) for (name, share), fail in zip(shares, fails, strict=True))


BACK, ASK, STEP = Action(Do.ROLL_BACK), Action(Do.PAUSE), Action(Do.STEP_BACK, "canary")
PLANS = {
    "one service": (plan(stages=stages(BACK, STEP, ASK), rules=RULES_OF_THE_PLAN, **MORE), False),
    "two services": (plan("api", "web", stages=stages(ASK, BACK, STEP), rules=RULES_OF_THE_PLAN, **MORE), False),
    "a first release": (plan(stages=stages(BACK, BACK, ASK), rules=RULES_OF_THE_PLAN, **MORE), True),
    "a shutdown by a rule": (
        plan(
            stages=stages(ASK, ASK, ASK),
            rules=(Rule(above("error_rate", 10.0, "error_rate > 10%"), Action(Do.SHUT_DOWN)),),
            **MORE,
        ),
        False,
    ),
}
DELAYS = st.sampled_from([0.0, 0.0, 0.5, 3.0, 5.0, 10.0, 21.0, 40.0])
ENDING = ("abort", "rollback", "shutdown")
HAPPENINGS = st.one_of(
    st.sampled_from([name for name in ACTS if name not in ENDING]),
    st.sampled_from([name for name in ACTS if name not in ENDING]),
    st.sampled_from(sorted(ACTS)),
)
SCRIPTS = st.lists(st.tuples(DELAYS, HAPPENINGS), max_size=14)


async def tried(folder: Path, which: str, script: list[tuple[float, str]]) -> None:
    the_plan, first = PLANS[which]
    world = Watched(folder, the_plan, first=first)
    try:
        outcome = await fly(world, script)
        for rule in RULES:
            rule(world)
        the_end(world, outcome)
    finally:
        world.state.close()


@pytest.mark.slow
@pytest.mark.timeout(0 if EXAMPLES else 600)
@pytest.mark.parametrize("which", PLANS)
@given(script=SCRIPTS)
@settings(
    max_examples=EXAMPLES or 50,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_happens_the_rules_hold_and_an_end_is_reached(which, script):
    with tempfile.TemporaryDirectory(dir=QUICK_FOLDER) as folder:
        asyncio.run(asyncio.wait_for(tried(Path(folder) / "state", which, script), 60))
