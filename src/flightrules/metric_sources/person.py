"""A number that people say: `flight measure satisfaction 4.5`, by somebody who has the role that the plan names.

It is read back from the record of the release at each look, so that what was said survives whatever ends `flight`. The
newest answer counts, and it is about the candidate: what stable was like, nobody is asked. An answer from before this
release is none.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.figures import duration
from flightrules.domain.measured import number
from flightrules.domain.plan import Unit
from flightrules.domain.stating import typed
from flightrules.domain.verdict import ALL, Gauge, Sample
from flightrules.ports.clock import Clock
from flightrules.ports.metric_source import Question
from flightrules.ports.options import Duration, RoleName
from flightrules.ports.people import People, Said


class Options(BaseModel):
    """Who says it, on which scale, and for how long it counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Annotated[RoleName, Field(min_length=1, description="The role of team.yaml of which anybody may say it")]
    scale: Annotated[
        float | None,
        Field(gt=0, allow_inf_nan=False, description="Answers go from 0 to this number; any number will do without it"),
    ] = None
    fresh: Annotated[
        Duration | None, Field(gt=0, description="How long an answer counts; as long as the release lasts without it")
    ] = None


def unit_of(name: str, options: Options) -> Unit | None:
    """Return that an answer on a scale is a plain number; without a scale only the plan can say what it is."""
    return None if options.scale is None else Unit.NUMBER


def create(options: Options, *, name: str, clock: Clock, people: People, **unused: Any) -> PersonSource:
    """Return the source; `people` has what was said in this release."""
    return PersonSource(options, name, clock, people)


class PersonSource:
    """Passes on what was said last."""

    def __init__(self, options: Options, name: str, clock: Clock, people: People) -> None:
        self._options = options
        self._name = name
        self._clock = clock
        self._people = people
        self.why_nothing = ""

    async def read(self, question: Question) -> Sample:
        """Return what was said last; nothing where nobody has, or too long ago. Raises `SourceUnreachable`."""
        said = self._people.said(self._name)
        self.why_nothing = self._missing(said)
        if said is None or self.why_nothing:
            return {}
        value = number(said.value, f"what {said.by} said")  # a record that was changed by hand is no measurement
        return {} if value is None else {ALL: Gauge(value)}

    def _missing(self, said: Said | None) -> str:
        how = f"{typed(self._name)} ({self._people.who(self._options.role)})"
        if said is None:
            return f"nobody has said it yet: {how}"
        fresh, age = self._options.fresh, self._clock.now() - said.at
        if fresh is None or age <= fresh:
            return ""
        return f"what {said.by} said is {duration(round(age))} old and counts for {duration(fresh)}: {how}"
