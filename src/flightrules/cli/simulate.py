"""`flight simulate`: the flight simulator."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, PlanOption

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
    scenario: ScenarioOption = None,
    requests_per_second: RateOption = 100.0,
    base_error_rate: BaseOption = "0.1%",
    base_latency: LatencyOption = "100ms",
    way_back: WayBackOption = "1s",
    patience: PatienceOption = "1h",
    seed: SeedOption = 1,
    runs: RunsOption = 1,
    plan: PlanOption = PLAN,
    json: JsonOption = False,
) -> None:
    """Fly the plan on a virtual clock: what would be decided, when, and how many requests would be hit.

    Nothing is touched: no traffic moves, nothing is started, nothing is written.
    """
    from flightrules.cli import simulating
    from flightrules.simulation.simulation import Simulation

    read = simulating.plan_to_fly(plan)
    usual = simulating.usual(requests_per_second, base_error_rate, base_latency)
    readings = simulating.described(read, tuple(scenario or ()), usual)
    simulation = Simulation(read, readings, simulating.terms(way_back, patience))
    show = simulating.as_json if json else simulating.as_picture
    raise typer.Exit(show(simulation, simulating.Chance(seed, runs)))
