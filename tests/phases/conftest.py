import pytest

from flightrules.domain.plan import Plan
from flightrules.testing.scenario import Scenario
from tests.release.plans import plan


@pytest.fixture
def scenario(tmp_path):
    made = []

    def make(the_plan: Plan | None = None, **how) -> Scenario:
        made.append(Scenario(tmp_path / f"state{len(made)}", the_plan or plan(), **how))
        return made[-1]

    yield make
    for each in made:
        each.state.close()
