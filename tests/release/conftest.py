import pytest

from flightrules.domain.plan import Plan
from flightrules.testing.scenario import Scenario
from tests.release.plans import STAGES, plan
from tests.release.watched import Watched


@pytest.fixture
def scenario(tmp_path):
    made = []

    def make(the_plan: Plan | None = None, **how) -> Scenario:
        made.append(Scenario(tmp_path / f"state{len(made)}", the_plan or plan(), **how))
        return made[-1]

    yield make
    for each in made:
        each.state.close()


@pytest.fixture
def watched(tmp_path):
    """Worlds in which every effect is noted; of two stages where the test says nothing else."""
    made = []

    def make(the_plan: Plan | None = None, **how) -> Watched:
        made.append(Watched(tmp_path / f"watched{len(made)}", the_plan or plan(stages=STAGES[::2]), **how))
        return made[-1]

    yield make
    for each in made:
        each.state.close()
