"""Gates: what must be true before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping

from flightrules.domain.checks import Check
from flightrules.domain.errors import GateFailed
from flightrules.engine.run import Run
from flightrules.phases import checks


async def require(run: Run, gates: Mapping[str, tuple[Check, ...]]) -> None:
    """Open every gate, section by section. Raises `GateFailed` with every check that failed in a section."""
    for section, wanted in gates.items():
        await run.step(f"gates/{section}", lambda s=section, w=wanted: _open(run, s, w))  # type: ignore[misc]


async def _open(run: Run, section: str, wanted: tuple[Check, ...]) -> dict[str, int]:
    results = await checks.carry_out(run, f"gates/{section}", wanted)
    shut = [result for result in results if result.blocks]
    if shut:
        raise GateFailed(
            f"the gate {section} did not open: {checks.in_words(shut)}",
            "nothing was changed; mend what failed and run the release again",
            log=[line for result in shut for line in result.output],
        )
    return checks.summary(results)
