"""What is measured: which situations, how many runs of each, and which judges see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.analysis import situations
from bench.analysis.bound import Bernoulli, Oracle
from bench.analysis.measuring import Decisions, Judge, Trial, measured
from bench.analysis.ours import USUAL, ErrorsAlone, Ours
from bench.analysis.peers import argo, flagger, kayenta
from bench.analysis.situations import CELLS, EFFECTS, ORDINARY, Situation
from bench.analysis.traffic import Cell
from flightrules.domain.sequential.wealth import Onset
from flightrules.routers._envoy.bootstrap import latency_bounds

OURS, ORACLE = "Flight Rules", "oracle"
STRICT, ALONE, LIMITED, ESTIMATED = "strict", "errors alone, strict", "with a limit", "φ estimated"
PEERS: Mapping[str, Judge] = {
    argo.NAME: argo.ArgoLike(), flagger.NAME: flagger.FlaggerLike(), kayenta.NAME: kayenta.KayentaLike(),
}  # fmt: skip
ALL: Mapping[str, Judge] = {OURS: Ours(), **PEERS}

TOLERANCE = USUAL.tolerance
"""By what part more often a candidate may fail: the plan's default."""

AT_ONCE = Onset(late_mass=0.0)
"""For a test that supposes that whatever is wrong is wrong from the first look on."""

LIMIT = 0.05
"""The limit on the candidate's own error rate where a plan gives one."""

MODERATE = 3.0
"""The regression, in times, that is also judged with an estimated φ."""

LATE = 1800.0
"""Seconds after which a late regression begins."""


@dataclass(frozen=True)
class Scale:
    """How many runs: of each healthy service, of each regression, and of each other situation.

    `cells` are the services; `effects` how many times as often a candidate fails, `MODERATE` among them.
    """

    healthy: int
    regression: int
    other: int
    cells: Sequence[Cell] = CELLS
    effects: Sequence[float] = EFFECTS


@dataclass(frozen=True)
class Results:
    """Everything that was decided. Regressions are by how many times as often the candidate fails."""

    healthy: list[Decisions]
    regressions: dict[float, list[Decisions]]
    late: list[Decisions]
    total: list[Decisions]
    stress: list[Decisions]
    outage: Decisions
    slow_tail: Decisions
    slow_tail_finely: Decisions
    clustered: Decisions


async def carried_out(scale: Scale) -> Results:
    """Measure everything at this scale."""
    cells = scale.cells
    healthy = [Trial(situations.healthy(cell), ALL, scale.healthy) for cell in cells]
    worse = [(times, situations.regression(cell, times)) for times in scale.effects for cell in cells]
    regressions = [_regression(situation, times, scale) for times, situation in worse]
    late = [_regression(situations.regression(cell, 5.0, LATE), 5.0, scale) for cell in cells]
    total = [_regression(situations.total_failure(cell), 1 / cell.base, scale) for cell in cells]
    stress = [Trial(make(ORDINARY), ALL, scale.other) for make in situations.STRESS]
    others = [
        Trial(situations.dependency_outage(), {**ALL, LIMITED: Ours(replace(USUAL, limit=LIMIT))}, scale.other),
        Trial(situations.slow_tail(), ALL, scale.other),
        Trial(situations.slow_tail(bounds=latency_bounds()), ALL, scale.other),
        Trial(situations.clustered_errors(), {**ALL, ESTIMATED: Ours(overdispersion=None)}, scale.other),
    ]
    decided = iter(await measured([*healthy, *regressions, *late, *total, *stress, *others]))
    return Results(
        [next(decided) for _ in healthy],
        {times: [next(decided) for _ in cells] for times in scale.effects},
        [next(decided) for _ in late],
        [next(decided) for _ in total],
        [next(decided) for _ in stress],
        *decided,
    )


def _regression(situation: Situation, times: float, scale: Scale) -> Trial:
    judges: dict[str, Judge] = {
        STRICT: Ours(replace(USUAL, tolerance=0.0), AT_ONCE),
        ALONE: ErrorsAlone(0.0, AT_ONCE),
        ORACLE: Oracle(Bernoulli.of(situation.cell, times, 1 + TOLERANCE), situation.onset),
    }
    if times == MODERATE and not situation.onset:
        judges[ESTIMATED] = Ours(overdispersion=None)  # sets each run up anew, which takes its time
    return Trial(situation, {**ALL, **judges}, scale.regression)
