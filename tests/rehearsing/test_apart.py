"""A rehearsal touches nothing that production uses: what would be the same is refused before anything begins."""

from pathlib import Path

import pytest

from flightrules import plan_file, plans
from flightrules.domain.errors import FlightError
from flightrules.domain.rehearsals import Rehearsing
from flightrules.rehearsing.apart import found_of_production, refuse_production, refuse_what_is_found
from flightrules.touching import touched

PLAN = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, start: ./serve, health: {http: /health}}
    traffic: {kind: envoy, listen: "%s"}
databases:
  orders: {kind: sqlite, path: "%s"}
  clients: {kind: postgres, url: "%s"}
stages:
  - {stage: full, traffic: 100%%, hold: 1h, look: every 15s, pass: error_rate < 1%%}
rehearsal: {environment: staging.env}
"""
APART = ("127.0.0.1:${PORT}", "${FOLDER}/orders.db", "postgresql://shop@db/${NAME}")
STAGING = "PORT=9080\nFOLDER=staging\nNAME=clients_staging\n"
PRODUCTION = {"PORT": "8080", "FOLDER": "data", "NAME": "clients"}


def refused(
    folder: Path, places: tuple[str, str, str], environment: dict[str, str], staging: str = STAGING, known=()
) -> str:
    (folder / "staging.env").write_text(staging)
    file, text = folder / "flight.yaml", PLAN % places
    staged = plans.to_rehearse(text, file, Rehearsing("staging.env"))
    try:
        refuse_production(text, file, staged, environment, known)
    except FlightError as refusal:
        return refusal.what
    return ""


def test_variables_with_other_values_keep_them_apart(tmp_path: Path) -> None:
    assert refused(tmp_path, APART, PRODUCTION) == ""


def test_what_production_has_in_env_beside_the_plan_counts_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9080\nFOLDER=data\nNAME=clients\n")
    assert refused(tmp_path, APART, {}) == (
        "a rehearsal would touch production: service web listens on 127.0.0.1:9080 in both"
    )


def test_where_nothing_of_production_is_known_variables_keep_them_apart(tmp_path: Path) -> None:
    assert refused(tmp_path, APART, {}) == ""


def test_services_with_neighbouring_ports_are_apart_where_nothing_of_production_is_known(tmp_path: Path) -> None:
    (tmp_path / "staging.env").write_text(f"{STAGING}NEXT=9081\nLAST=9082\n")
    (web,) = [line for line in PLAN.splitlines() if "envoy" in line]
    target = "    target: {kind: local, start: ./serve, health: {http: /health}}\n"
    more = "".join(f"  {name}:\n{target}{web}\n" for name in ("api", "chat"))
    text = PLAN.replace("databases:", f"{more}databases:").replace("{kind: sqlite", "{service: web, kind: sqlite")
    text = text.replace("{kind: postgres", "{service: web, kind: postgres")
    ports = ("127.0.0.1:${PORT}", "127.0.0.1:${NEXT}", "127.0.0.1:${LAST}")
    text %= (*ports, *APART[1:])
    file = tmp_path / "flight.yaml"
    refuse_production(text, file, plans.to_rehearse(text, file, Rehearsing("staging.env")), {})


@pytest.mark.parametrize(
    ("number", "written", "what"),
    [
        (0, "127.0.0.1:8080", "service web listens on 127.0.0.1:8080 in both"),
        (1, "data/orders.db", "database orders is the same in both"),
    ],
)
@pytest.mark.parametrize("environment", [PRODUCTION, {}])
def test_what_stands_in_the_plan_in_plain_is_the_same(
    tmp_path: Path, environment: dict[str, str], number: int, written: str, what: str
) -> None:
    places = [*APART]
    places[number] = written
    assert refused(tmp_path, (places[0], places[1], places[2]), environment) == (
        f"a rehearsal would touch production: {what}"
    )


@pytest.mark.parametrize(
    "url",
    ["postgresql://other:secret@DB:5432/clients", "postgresql://db/clients?sslmode=require"],
)
def test_one_database_under_two_names_is_one(tmp_path: Path, url: str) -> None:
    places = (APART[0], APART[1], "${URL}")
    known = {**PRODUCTION, "URL": "postgresql://shop@db/clients"}
    assert "database clients is the same" in refused(tmp_path, places, known, f"{STAGING}URL={url}\n")


AS_WRITTEN = "postgresql://shop@localhost/clients"


@pytest.mark.parametrize(
    ("production", "staging", "environment"),
    [
        (AS_WRITTEN, "postgresql://shop@127.0.1.1/clients", {}),
        (AS_WRITTEN, "postgresql://shop@[::1]:5432/clients", {}),
        (AS_WRITTEN, "postgresql://shop@[::ffff:127.0.0.1]/clients", {}),
        (AS_WRITTEN, "postgresql:///clients?host=/run/postgresql", {}),
        (AS_WRITTEN, "postgresql://%2Frun%2Fpostgresql/clients", {}),
        (AS_WRITTEN, "postgresql:///cli%65nts", {}),
        (AS_WRITTEN, "host=LocalHost dbname=clients", {}),
        ("postgresql:///clients", "postgresql://db/clients", {"PGHOST": "db"}),
        ("postgresql://db/clients", "postgresql://db:6000/clients", {"PGPORT": "6000"}),
        ("postgresql://db/?user=clients", "postgresql://db/clients", {}),
        ("postgresql://db", "postgresql://db/clients", {"PGDATABASE": "clients"}),
        ("postgresql://db.example.com./clients", "postgresql://DB.example.com/clients", {}),
        ("postgresql://db,other/clients", "postgresql://other:5432/clients", {}),
        ("postgresql://here:1,there:2/clients", "postgresql://there:2/clients", {}),
        ("host=alias hostaddr=192.0.2.7 dbname=clients", "postgresql://192.0.2.7/clients", {}),
        ("service=shop", "postgresql://db:6000/clients", {"PGSERVICEFILE": "services"}),
        ("dbname=clients", "postgresql://db:6000/clients", {"PGSERVICEFILE": "services", "PGSERVICE": "shop"}),
    ],
)
def test_one_database_in_whatever_way_it_is_written_is_one(
    tmp_path: Path, production: str, staging: str, environment: dict[str, str]
) -> None:
    services = "[other]\nhost=elsewhere\n[shop]\n# ours\nhost=db\nport = 6000\ndbname=clients\n"
    (tmp_path / "services").write_text(services)
    places = (APART[0], APART[1], "${URL}")
    if "PGSERVICEFILE" in environment:
        environment = {**environment, "PGSERVICEFILE": str(tmp_path / "services")}
    known = {**PRODUCTION, "URL": production, **environment}
    assert "database clients is the same" in refused(tmp_path, places, known, f"{STAGING}URL='{staging}'\n")


@pytest.mark.parametrize(
    "staging",
    [
        "postgresql://localhost:5433/clients", "postgresql://localhost/other", "postgresql://192.0.2.7/clients",
        "postgresql://shop/clients", "postgresql://clients@localhost/",
    ],
)  # fmt: skip
def test_two_databases_are_two(tmp_path: Path, staging: str) -> None:
    known = {**PRODUCTION, "URL": "postgresql://shop@localhost/shop"}
    assert refused(tmp_path, (APART[0], APART[1], "${URL}"), known, f"{STAGING}URL={staging}\n") == ""


def test_what_the_terminal_says_to_libpq_does_not_reach_staging(tmp_path: Path) -> None:
    known = {**PRODUCTION, "URL": "postgresql:///clients", "PGHOST": "db", "HOME": str(tmp_path)}
    places = (APART[0], APART[1], "${URL}")
    assert refused(tmp_path, places, known, f"{STAGING}URL=postgresql:///clients\n") == ""
    assert "clients is the same" in refused(tmp_path, places, known, f"{STAGING}URL=postgresql:///clients\nPGHOST=db\n")


async def found_to_be_the_same(folder: Path, environment: dict[str, str], staging: str = STAGING) -> str:
    (folder / "staging.env").write_text(staging)
    file, text = folder / "flight.yaml", PLAN % APART
    staged = plans.to_rehearse(text, file, Rehearsing("staging.env"))
    theirs = await found_of_production(text, file, staged, environment)
    try:
        await refuse_what_is_found(staged, theirs)
    except FlightError as refusal:
        return refusal.what
    return ""


async def test_one_file_with_two_names_is_one(tmp_path: Path) -> None:
    for folder in ("data", "staging"):
        (tmp_path / folder).mkdir()
    (tmp_path / "data" / "orders.db").write_text("")
    assert await found_to_be_the_same(tmp_path, PRODUCTION) == ""
    (tmp_path / "staging" / "orders.db").hardlink_to(tmp_path / "data" / "orders.db")
    assert refused(tmp_path, APART, PRODUCTION) == ""
    assert await found_to_be_the_same(tmp_path, PRODUCTION) == (
        "a rehearsal would touch production: database orders is the same in both"
    )


async def test_a_database_of_production_whose_variables_are_not_known_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "staging-elsewhere").mkdir()
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "orders.db").write_text("")
    (tmp_path / "staging-elsewhere" / "orders.db").hardlink_to(tmp_path / "staging" / "orders.db")
    assert await found_to_be_the_same(tmp_path, {"PORT": "8080", "NAME": "clients"}) == ""


def test_a_second_name_of_the_file_of_production_is_still_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(STAGING)
    (tmp_path / "staging.env").hardlink_to(tmp_path / ".env")
    assert refused(tmp_path, APART, PRODUCTION) == "staging.env is the file of production's variables"


def test_one_port_under_two_names_of_this_machine_is_one(tmp_path: Path) -> None:
    places = ("${LISTEN}", APART[1], APART[2])
    known = {**PRODUCTION, "LISTEN": "0.0.0.0:8080"}
    same = refused(tmp_path, places, known, f"{STAGING}LISTEN=127.0.0.1:8080\n")
    assert "listens on 127.0.0.1:8080" in same


def test_one_file_by_two_ways_is_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    assert "database orders" in refused(tmp_path, APART, PRODUCTION, STAGING.replace("=staging", "=link"))


def test_a_rehearsal_knows_nothing_but_its_own_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NAME=clients\n")
    with pytest.raises(FlightError, match="NAME is not set") as refusal:
        refused(tmp_path, APART, PRODUCTION, "PORT=9080\nFOLDER=staging\n")
    assert "set it in staging.env beside the plan" in str(refusal.value)


def test_what_production_touched_is_remembered_where_its_variables_are_not_known(tmp_path: Path) -> None:
    production = plan_file.load_text(PLAN % APART, "flight.yaml", tmp_path, PRODUCTION)
    in_use = STAGING.replace("=staging", "=data")
    assert refused(tmp_path, APART, {}, in_use) == ""
    assert "database orders is the same in both" in refused(tmp_path, APART, {}, in_use, touched(production, {}))
    assert "clients" not in "".join(touched(production, {}))


def test_the_file_of_production_by_another_name_is_still_it(tmp_path: Path) -> None:
    (tmp_path / "staging.env").symlink_to(".env")
    assert refused(tmp_path, APART, PRODUCTION) == "staging.env is the file of production's variables"
