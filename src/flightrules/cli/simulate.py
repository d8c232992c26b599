"""`flight simulate`: the flight simulator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption

if TYPE_CHECKING:
    from flightrules.domain.plan import Plan
    from flightrules.simulation.simulation import Readings

ReleaseArgument = Annotated[
    str | None, typer.Argument(metavar="RELEASE", help="An earlier release, by its id: its looks; by default the last.")
]
FileOption = Annotated[Path | None, typer.Option("--counts", metavar="FILE", help="Counts per look: CSV, JSON Lines.")]
ScenarioOption = Annotated[
    list[str] | None,
    typer.Option("--scenario", metavar="TEXT", help="What happens, in words; several add up. `healthy`: nothing."),
]
RateOption = Annotated[
    float, typer.Option("--requests-per-second", metavar="N", help="Requests a second, to each service.")
]
BaseOption = Annotated[
    str, typer.Option("--base-error-rate", metavar="SHARE", help="The share of requests that always fails.")
]
LatencyOption = Annotated[
    str, typer.Option("--base-latency", metavar="TIME", help="How long half of the requests take at most.")
]
PrometheusOption = Annotated[
    str | None, typer.Option("--prometheus", metavar="URL", help="Where a Prometheus is, to read a range from.")
]
QueryOption = Annotated[
    list[str] | None, typer.Option("--query", metavar="NAME=PROMQL", help="What to read from it: requests, bad, …")
]
FromOption = Annotated[str, typer.Option("--from", metavar="TIME", help="Where the range begins.")]
UntilOption = Annotated[str, typer.Option("--until", metavar="TIME", help="Where it ends.")]
StepOption = Annotated[str, typer.Option("--step", metavar="TIME", help="How far apart its values are.")]
CandidateOption = Annotated[str, typer.Option("--candidate", metavar="NAME", help="What $version is of the candidate.")]
StableOption = Annotated[str, typer.Option("--stable", metavar="NAME", help="What $version is of stable.")]
ServiceOption = Annotated[str | None, typer.Option("--service", metavar="NAME", help="Which service the range is of.")]
StartingOption = Annotated[
    str | None, typer.Option("--starting", metavar="TIME", help="How long building and starting the candidate takes.")
]
WayBackOption = Annotated[
    str, typer.Option("--way-back", metavar="TIME", help="How long it takes from a decision until stable serves all.")
]
PatienceOption = Annotated[
    str, typer.Option("--patience", metavar="TIME", help="How long to watch on where the release waits for a person.")
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="Which chance; the same seed, the same run.")
]
RunsOption = Annotated[int, typer.Option("--runs", metavar="N", min=1, help="Run it so often, and show the spread.")]


def simulate(
    release: ReleaseArgument = None,
    scenario: ScenarioOption = None,
    requests_per_second: RateOption = 100.0,
    base_error_rate: BaseOption = "0.1%",
    base_latency: LatencyOption = "100ms",
    counts: FileOption = None,
    prometheus: PrometheusOption = None,
    query: QueryOption = None,
    from_: FromOption = "",
    until: UntilOption = "",
    step: StepOption = "15s",
    candidate: CandidateOption = "candidate",
    stable: StableOption = "stable",
    service: ServiceOption = None,
    starting: StartingOption = None,
    way_back: WayBackOption = "1s",
    patience: PatienceOption = "1h",
    seed: SeedOption = 1,
    runs: RunsOption = 1,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Fly the plan on a virtual clock: what would be decided, when, and how many requests would be hit.

    Nothing is touched: no traffic moves, nothing is started, nothing is written.
    """
    from flightrules.cli import readings, simulating
    from flightrules.simulation.simulation import Simulation

    read = simulating.plan_to_fly(plan)
    simulating.require_one_source(release, scenario, counts, prometheus)
    if scenario:
        usual = simulating.usual(requests_per_second, base_error_rate, base_latency)
        source: Readings = readings.of_scenario(read, scenario, usual)
    elif counts is not None:
        source = readings.of_file(counts, read)
    elif prometheus is not None:
        asked = _Asked(prometheus, query or [], from_, until, step, candidate, stable, service)
        source = _of_prometheus(read, asked)
    else:
        source = readings.of_release(Place.of(plan, state), release)
    simulation = Simulation(read, source, simulating.terms(source, starting, way_back, patience))
    show = simulating.as_json if json else simulating.as_picture
    raise typer.Exit(show(simulation, simulating.Chance(seed, runs)))


@dataclass(frozen=True)
class _Asked:
    """What the options say of Prometheus, as it was typed."""

    url: str
    queries: list[str]
    start: str
    end: str
    step: str
    candidate: str
    stable: str
    service: str | None


def _of_prometheus(plan: Plan, said: _Asked) -> Readings:
    from flightrules.cli import readings, simulating
    from flightrules.plan_file import units

    asked = readings.Asked(
        url=said.url,
        queries=dict(readings.query_of(each, plan) for each in said.queries),
        service=simulating.service_of(plan, said.service),
        versions=readings.versions(said.candidate, said.stable),
        start=readings.moment("--from", said.start),
        end=readings.moment("--until", said.end),
        step=simulating.read_option("--step", units.duration, said.step),
    )
    return readings.of_prometheus(asked)
