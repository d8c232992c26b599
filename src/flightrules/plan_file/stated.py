"""What conditions cannot say of a metric that people state: there is no baseline of it, nor a number off its scale."""

from __future__ import annotations

from collections.abc import Mapping

from flightrules.domain.figures import plain
from flightrules.domain.plan import BaselineLimit, Condition, FixedLimit, Unit
from flightrules.plan_file.grammar import Claim, GrammarError


class Supplied(dict[str, Unit | None]):
    """The unit of every metric that a condition can name; None where the metric itself has a problem.

    `scales` has those that people state, with the end of their scale; None for one without.
    """

    def __init__(self, units: Mapping[str, Unit | None]) -> None:
        super().__init__(units)
        self.scales: dict[str, float | None] = {}


def refuse(claim: Claim, condition: Condition, known: Mapping[str, Unit | None]) -> None:
    """Raise `GrammarError` where no answer of a person could ever be held against `condition`."""
    if not isinstance(known, Supplied) or condition.metric not in known.scales:
        return
    name, scale = condition.metric, known.scales[condition.metric]
    if isinstance(condition.limit, BaselineLimit):
        what = f"people say {name} of the candidate, and nobody says it of stable"
        raise GrammarError(claim.limit.at, what, f"write a number, such as `{name} >= 4`")
    if scale is not None and isinstance(condition.limit, FixedLimit) and not 0 <= condition.limit.value <= scale:
        what = f"{name} goes from 0 to {plain(scale)}, so {plain(condition.limit.value)} is no limit of it"
        raise GrammarError(claim.limit.at, what, "write a number on the scale")
