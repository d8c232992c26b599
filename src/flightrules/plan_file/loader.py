"""A plan file, or the text of one, to a `Plan`: every mistake noted, none carried out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.freezes import Freezes
from flightrules.domain.plan import Plan, Rule, VersionFrom, Watch
from flightrules.plan_file import source, values
from flightrules.plan_file.afterwards import read_afterwards
from flightrules.plan_file.approvals import read_approvals
from flightrules.plan_file.checks import Around, read_gates, read_verification
from flightrules.plan_file.clock_times import zone
from flightrules.plan_file.compare import read_compare
from flightrules.plan_file.comprehensive import Known, everything
from flightrules.plan_file.databases import read_databases
from flightrules.plan_file.external import read_external
from flightrules.plan_file.freezes import read_freezes
from flightrules.plan_file.nodes import compose
from flightrules.plan_file.problems import START, Notes, PlanProblems, quote
from flightrules.plan_file.questions import Asked
from flightrules.plan_file.readiness import read_readiness
from flightrules.plan_file.rehearsal import read_staging
from flightrules.plan_file.rollback import Back, read_rollback
from flightrules.plan_file.schedule import read_schedule
from flightrules.plan_file.services import Measured, read_metrics, read_services
from flightrules.plan_file.severities import named_severities
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.stages import read_rules, read_stages
from flightrules.plan_file.team import TeamFile, read_team
from flightrules.plan_file.values import Fields, Slot
from flightrules.plan_file.variables import StandIn, Variables
from flightrules.plan_file.vocabulary import PLAN, SHUTDOWN, VERSION
from flightrules.plan_file.watch import read_sign_offs, read_watch


def load(path: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan in the file at `path`; raises `PlanProblems` with every mistake in it.

    `${NAME}` is looked up in `environment`, then in `.env` beside the file.
    """
    text = source.read(path, Notes(str(path)))
    team = read_team(path.parent)
    notes = Notes(str(path))
    try:
        plan = _loaded(text, notes, path.parent, Variables.beside(path.parent, environment, notes), team)
    except PlanProblems as wrong:
        raise PlanProblems((*wrong.problems, *team.problems)) from None
    if team.problems:
        raise PlanProblems(team.problems)
    return plan


def load_text(
    text: str, name: str, folder: Path, environment: Mapping[str, str], stand_in: StandIn | None = None
) -> Plan:
    """Return the plan in `text` as if it stood in the file `name` in `folder`; raises `PlanProblems`.

    With a `stand_in`, variables without a value are no problem where they are used late. The team file beside it is
    none either: what became of it since must not keep anybody from going on, or back.
    """
    notes = Notes(name)
    team = replace(read_team(folder), refuses=False)
    return _loaded(text, notes, folder, Variables.beside(folder, environment, notes, stand_in), team)


def load_for_staging(text: str, name: str, folder: Path, staging: str, stand_in: StandIn | None = None) -> Plan:
    """Return the plan in `text` with the variables of the file `staging` in `folder`, and no others."""
    notes = Notes(name)
    team = replace(read_team(folder), refuses=False)
    return _loaded(text, notes, folder, Variables.of_staging(folder / staging, notes, stand_in), team)


def _loaded(text: str, notes: Notes, folder: Path, variables: Variables, team: TeamFile) -> Plan:
    digest = _digest(text, notes)
    root = Slot("plan", compose(text, notes), notes, START)
    fields = values.fields(root, PLAN)
    if fields is None:
        raise PlanProblems(notes.problems)
    return _plan(fields, variables, team, text, str(folder.absolute()), digest)


def _digest(text: str, notes: Notes) -> str:
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError:
        notes.stop(START, "the text holds half a character (a lone surrogate)", "save the file as UTF-8")
    if len(content) > source.LARGEST:
        source.refuse_size(len(content), notes)
    return hashlib.sha256(content).hexdigest()


def _plan(fields: Fields, variables: Variables, team: TeamFile, text: str, folder: str, digest: str) -> Plan:
    name = fields.read("plan", values.name)
    version = fields.read("version", _version)
    services = fields.read("services", lambda slot: read_services(slot, variables)) or ()
    service_names = fields.names("services")
    databases = _databases(fields, service_names, variables, team)
    asked = Asked(fields.names("databases"), databases, team.refuse)
    measured = fields.read("metrics", lambda slot: read_metrics(slot, variables, asked)) or Measured()
    outside = fields.read("external", lambda slot: read_external(slot, variables, measured)) or ()
    around = Around(service_names, variables, team.refuse, measured=measured, asked=asked, version=version)
    gates = fields.read("gates", lambda slot: read_gates(slot, around)) or {}
    stages = fields.names("stages", "stage")
    known = Known(services, gates, [each.name for each in databases], outside)
    verify = fields.read("verify", lambda slot: read_verification(slot, around, lambda: everything(known))) or ()
    watch = fields.read("watch", lambda slot: read_watch(slot, measured.units))
    back = fields.read_or("rollback", lambda slot: read_rollback(slot, around, known), Back())
    page, retry_after = fields.read_or("shutdown", _shutdown, (Plan.shutdown_page, Plan.shutdown_retry_after))
    plan = Plan(
        name=name or "",
        version=version or VersionFrom("argument"),
        services=services,
        stages=fields.read("stages", lambda slot: read_stages(slot, measured.units)) or (),
        rules=_rules(fields, measured, stages),
        compare=fields.read_or("compare", read_compare, Plan.compare),
        metrics=tuple(measured.metrics),
        window=measured.window,
        externals=outside,
        gates=gates,
        databases=databases,
        readiness=fields.read("gates", read_readiness),
        approvals=fields.read("approvals", lambda slot: read_approvals(slot, team.refuse)) or (),
        team=team.whoever_is_known,
        freezes=_freezes(fields, team),
        schedule=fields.read("schedule", lambda slot: read_schedule(slot, stages, team.refuse)) or {},
        verify=verify,
        watch=watch,
        sign_offs=fields.read("sign_offs", lambda slot: read_sign_offs(slot, _lasts(fields, watch), team.refuse)) or (),
        afterwards=fields.read("afterwards", read_afterwards) or (),
        **back.agreed(verify),
        shutdown_page=page,
        shutdown_retry_after=retry_after,
        staging=fields.read("rehearsal", read_staging),
        folder=folder,
        text=text,
        digest=digest,
        secrets=variables.secrets,  # the last: all that was handed out above
    )
    fields.notes.settle()  # what could not be read is noted: no plan with a gap in it gets past here
    return plan


def _databases(
    fields: Fields, services: Sequence[str], variables: Variables, team: TeamFile
) -> tuple[DatabasePlan, ...]:
    return fields.read("databases", lambda slot: read_databases(slot, services, variables, team.refuse_stranger)) or ()


def _rules(fields: Fields, measured: Measured, stages: list[str]) -> tuple[Rule, ...]:
    severities = named_severities(fields.slot("rollback"))
    return fields.read("rules", lambda slot: read_rules(slot, measured.units, stages, severities)) or ()


def _freezes(fields: Fields, team: TeamFile) -> Freezes:
    time_zone = fields.read_or("time_zone", zone, Freezes.zone)
    return Freezes(fields.read("freeze", lambda slot: read_freezes(slot, time_zone, team.refuse)) or (), time_zone)


def _lasts(fields: Fields, watch: Watch | None) -> float | None:
    """Return for how many seconds the watch lasts: 0 where there is none, None where it has a problem of its own."""
    if fields.slot("watch") is None:
        return 0.0
    return watch.lasts if watch else None


def _version(slot: Slot) -> VersionFrom | None:
    fields = values.fields(slot, VERSION)
    return fields.read("from", _version_from) if fields else None


def _version_from(slot: Slot) -> VersionFrom | None:
    node = slot.scalar(Form.VERSION_FROM)
    if node is None:
        return None
    if node.text == "image":
        slot.wrong("`from: image` is not supported yet", "write `git` or `argument`")
    elif node.text not in ("git", "argument"):
        slot.wrong(f"versions do not come from {quote(node.text)}", "write `git` or `argument`")
    return VersionFrom(node.text)


def _shutdown(slot: Slot) -> tuple[str, float] | None:
    fields = values.fields(slot, SHUTDOWN)
    if fields is None:
        return None
    page = fields.read_or("page", values.text, Plan.shutdown_page)
    return page, fields.read_or("retry_after", values.duration, Plan.shutdown_retry_after)
