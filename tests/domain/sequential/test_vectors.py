import numpy as np
import pytest

from flightrules.domain.sequential.ticks import Ticks
from tests.domain.sequential import traces

ALLOWED = {"errors": 1e-6, "absolute": 1e-6, "latency": 1e-4}
CASES = [pytest.param(case, id=f"{case['test']}: {case['name']}") for case in traces.cases()]


@pytest.mark.parametrize("case", CASES)
def test_every_look_of_every_trace_has_the_log_e_of_the_independent_implementation(case: traces.Case) -> None:
    logs = list(traces.step_by_step(traces.test_of(case), traces.ticks(case)))
    assert logs == pytest.approx(case["log_e"], abs=ALLOWED[case["test"]])


@pytest.mark.parametrize("case", CASES)
def test_many_looks_at_once_have_it_too(case: traces.Case) -> None:
    logs, _ = traces.test_of(case).over(Ticks.of_ticks(traces.ticks(case)))
    np.testing.assert_allclose(logs, case["log_e"], rtol=0, atol=ALLOWED[case["test"]])
