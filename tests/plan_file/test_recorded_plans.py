"""The plan of a recorded release, for whoever only looks at it: values beside the plan count there too."""

from pathlib import Path

from flightrules import plans
from flightrules.state.releases import Release

PLAN = """
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, directory: versions/$version, start: ./serve --port $PORT, health: {http: /health}}
    traffic: {kind: envoy, listen: "127.0.0.1:${SHOP_PORT}"}
stages: [{stage: full, traffic: 100%, hold: 1m, look: every 1s, pass: error_rate < 1%}]
"""


def looked_at(folder: Path, **environment: str) -> str:
    release = Release("1", "release", "shop", PLAN, "", "anna")
    (service,) = plans.to_look_at(release, folder / "flight.yaml", environment).services
    return str(service.router.options.listen)


def test_a_variable_that_is_set_beside_the_plan_counts_for_whoever_looks(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SHOP_PORT=9080\n")
    assert looked_at(tmp_path) == "127.0.0.1:9080"


def test_a_port_that_is_not_set_is_no_obstacle_to_looking(tmp_path: Path) -> None:
    """At night, in another terminal: `flight status` has to answer, and `flight abort` to show how it goes back."""
    assert looked_at(tmp_path).startswith("127.0.0.1:")


def test_the_environment_outranks_what_is_set_beside_the_plan(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SHOP_PORT=9080\n")
    assert looked_at(tmp_path, SHOP_PORT="9090") == "127.0.0.1:9090"
