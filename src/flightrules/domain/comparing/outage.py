"""An outage that fails both versions says nothing of how errors cluster.

Within one look the rate of errors leaps, and leaps back. Counted as clusters, half a minute of that made the evidence
weigh a hundredth of what it had weighed, for the rest of the release. A cluster (retries, one angry user) that falls
on one version leaves the other as it was; one that is spread over both is no danger to a comparison within the look.
"""

from __future__ import annotations

from collections.abc import Sequence

from flightrules.domain.comparing.counting import Between

MANY_TIMES = 5.0
"""So much more than usual stable fails in an outage, at least."""

FEWEST_OF_STABLE, FEWEST_OF_CANDIDATE = 10, 3
"""Bad answers in the look: with fewer, chance does as much."""

ALIKE = 0.5
"""The candidate fails at least this part of what stable fails."""


def fails_both(between: Between, before: Sequence[tuple[int, int]]) -> bool:
    """Return whether both versions failed far more in this look than stable did `before`: requests and bad a look.

    False as long as it is not known what is usual, or the candidate has no requests.
    """
    stable, candidate = between.stable, between.candidate
    if stable.bad < FEWEST_OF_STABLE or candidate.bad < FEWEST_OF_CANDIDATE:
        return False
    requests, bad = (sum(column) for column in zip(*before, strict=True)) if before else (0, 0)
    rate = stable.bad / stable.requests
    if not requests or rate < MANY_TIMES * (bad + 1) / requests:
        return False
    return candidate.bad / candidate.requests >= ALIKE * rate
