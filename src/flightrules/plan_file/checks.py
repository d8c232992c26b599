"""Reads the checks of `gates` and `verify`: what each asks (the options of its kind), and what was agreed about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from flightrules import adapters
from flightrules.adapters import CHECKS
from flightrules.domain.checks import Check, Expectation, Waiver
from flightrules.domain.plan import VersionFrom
from flightrules.plan_file import metric_checks, values
from flightrules.plan_file.approvals import Refuse
from flightrules.plan_file.check_vocabulary import CHECK, COMPREHENSIVE, WAIVER
from flightrules.plan_file.expectations import Values, expectation, read_expectations
from flightrules.plan_file.nodes import Entry, Items, Node, Scalar, Table, said
from flightrules.plan_file.options import read_module, read_with_environment
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.questions import NO_DATABASES, Asked
from flightrules.plan_file.readiness import READY
from flightrules.plan_file.services import Measured
from flightrules.plan_file.shapes import AdapterOf, Form, Section
from flightrules.plan_file.uses import is_use, taken_in
from flightrules.plan_file.values import Fields, Slot
from flightrules.plan_file.variables import Variables
from flightrules.plan_file.vocabulary import KINDS_LATER

OWN = Section("a check", CHECK.own)
DATABASE_CHECK = "database"
NO_EXPECTATIONS: tuple[Expectation, ...] = ()


@dataclass(frozen=True)
class Around:
    """What a check may refer to: all services by name, the variables, what is measured, where versions come from."""

    services: Sequence[str]
    variables: Variables
    refuse_role: Refuse
    modules: dict[str, ModuleType | None] = field(default_factory=dict)
    """Those of the kinds that were asked for: a plan has a thousand checks of a few kinds."""
    measured: Measured = field(default_factory=Measured)
    asked: Asked = NO_DATABASES
    version: VersionFrom | None = None

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of check that there is here."""
        return tuple(adapters.kinds(CHECKS))


def read_gates(slot: Slot, around: Around) -> dict[str, tuple[Check, ...]]:
    """Return the checks of every gate; what was agreed about their score is read by `read_readiness`."""
    gates = {}
    for gate in values.entries(slot, "a list of checks"):
        if gate.key != READY:
            gates[gate.key] = read_checks(gate, around)
    return gates


def read_verification(slot: Slot, around: Around, everything: Callable[[], Iterable[Check]]) -> tuple[Check, ...]:
    """Return every check of a list in which a word stands for `everything` that is asked without being said.

    What the list has itself is asked once, and as it says.
    """
    nodes = slot.node.nodes if isinstance(slot.node, Items) else (slot.node,)
    rest = tuple(node for node in nodes if not _is_word(node))
    if len(rest) == len(nodes):
        return read_checks(slot, around)
    listed = read_checks(replace(slot, node=Items(rest, slot.node.place)), around) if rest else ()
    names, asked = {each.name for each in listed}, [_question(each) for each in listed]
    besides = (each for each in everything() if each.name not in names and _question(each) not in asked)
    return (*listed, *besides)


def _is_word(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == COMPREHENSIVE


def _question(check: Check) -> tuple[str, Any, str]:
    return check.kind, check.options, check.service


def read_checks(slot: Slot, around: Around) -> tuple[Check, ...]:
    """Return every check of a list; no two may have the same words."""
    checks: dict[str, Check] = {}
    for inner in _each(slot, around):
        check = _check(inner, around)
        if check and check.name in checks:
            what = f"the check {quote(check.name)} stands in `{slot.key}` twice"
            slot.notes.add(inner.place, what, "give each check words of its own")
        if check:
            checks[check.name] = check
    return tuple(checks.values())


def _each(slot: Slot, around: Around) -> Iterator[Slot]:
    """Yield every check of a list, those among them that the plan takes in from the catalogue."""
    for inner in values.items(slot, "checks"):
        if is_use(inner.node):
            yield from taken_in(inner, (*around.kinds, *KINDS_LATER[CHECKS]))
        else:
            yield inner


def _check(slot: Slot, around: Around) -> Check | None:
    table = slot.node
    if not isinstance(table, Table):
        slot.wrong(
            f"a check is a mapping, not {said(slot.node)}", "write `check: WHAT MUST BE TRUE` and a key such as `run`"
        )
        return None
    kind = _kind(slot, table, around.kinds)
    fields = values.part(slot, table, OWN)
    name = fields.read("check", values.text)
    module = _module(slot, table, kind, around) if kind else None
    if not (kind and module):
        return None
    options, environment = _options(slot, table, kind, module, around.variables)
    if options is not None and "not_applicable" not in table.entries:  # then nobody is asked
        _refuse_roles(slot, table, kind, options, around)
    within = fields.read_or("within", values.duration, module.WITHIN)
    if kind == metric_checks.KIND:
        expects = metric_checks.read_condition(slot, table, around.measured, within)
    else:
        expects = fields.read_or("expect", lambda inner: read_expectations(inner, _values(module)), NO_EXPECTATIONS)
    service = _service(slot, fields, around.services, module, options)
    excused = _excused(fields)
    if options is not None and kind == DATABASE_CHECK:
        around.asked.refuse_unknown(slot, _of_its_kind(table, kind), options)
    if options is not None and not excused["not_applicable"]:
        _refuse_without_commit(slot, module, options, around.version)
    if name is None or options is None or service is None:
        return None
    expects = (*expects, *_besides(expects, module))
    return Check(name, kind, options, within, expects, service, environment=environment, **excused)


def _of_its_kind(table: Table, kind: str) -> Table:
    """Return the mapping in which the options of a check stand: the check, or what is below the key of its kind."""
    node = table.entries[kind].node
    return node if isinstance(node, Table) else table


def _refuse_roles(slot: Slot, table: Table, kind: str, options: BaseModel, around: Around) -> None:
    """Note every role that a check asks, and that nobody has."""
    for role in getattr(options, "roles", ()):
        around.refuse_role(role, Slot(kind, table.entries[kind].node, slot.notes, table.entries[kind].key.place))


def _refuse_without_commit(slot: Slot, module: ModuleType, options: BaseModel, version: VersionFrom | None) -> None:
    needs = getattr(module, "needs_commit", None)
    if needs and needs(options) and version is not None and version.kind != "git":
        what = "the versions of this plan are no commits, so nobody knows which one this check asks about"
        slot.notes.add(slot.key_place, what, "add `commit:` with one, or a branch")


def _excused(fields: Fields) -> dict[str, Any]:
    return {
        "mandatory": fields.read_or("mandatory", values.truth, True),
        "not_applicable": fields.read_or("not_applicable", values.text, ""),
        "waiver": fields.read("waived", _waiver),
    }


def _kind(slot: Slot, table: Table, known: Sequence[str]) -> str | None:
    """Return the one key of the check that says what is asked."""
    named = [key for key in table.entries if key in known or key in KINDS_LATER[CHECKS]]
    if not named:
        hint = f"add one of {', '.join(f'`{kind}`' for kind in known)}"
        slot.notes.add(slot.key_place, "this check says nothing to do", hint)
    elif len(named) > 1:
        place = table.entries[named[1]].key.place
        what = f"a check asks one question, and this one has `{named[0]}` and `{named[1]}`"
        slot.notes.add(place, what, "make two checks of it")
        return None
    return named[0] if named else None


def _module(slot: Slot, table: Table, kind: str, around: Around) -> ModuleType | None:
    if kind in KINDS_LATER[CHECKS]:
        entry = table.entries[kind]
        later = KINDS_LATER[CHECKS][kind]
        what = f"`{kind}` is not supported yet: this version of flight does not carry out {later}"
        slot.notes.add(entry.key.place, what, f"remove `{kind}`")
        return None
    if kind not in around.modules:
        around.modules[kind] = read_module(slot, table, AdapterOf(CHECKS, kind), kind)
    return around.modules[kind]


def _options(
    slot: Slot, table: Table, kind: str, module: ModuleType, variables: Variables
) -> tuple[BaseModel | None, dict[str, str]]:
    """Return the options, which stand beside the key of the kind or, in a mapping, below it."""
    entry, own = table.entries[kind], {key.name for key in OWN.keys}
    beside = {name: other for name, other in table.entries.items() if name not in own and name != kind}
    model: type[BaseModel] = module.Options
    if isinstance(entry.node, Table) and not getattr(module, "NAMED", False):
        _refuse_unknown(slot, beside, ())
        return read_with_environment(
            Slot(kind, entry.node, slot.notes, entry.key.place), entry.node, model, variables, ()
        )
    options = tuple(field.alias or name for name, field in model.model_fields.items())
    if not _refuse_unknown(slot, beside, options):
        return None, {}
    main = {module.MAIN: Entry(entry.key, entry.node), **beside}
    mine = Table(main, table.place)
    return read_with_environment(Slot(kind, mine, slot.notes, entry.key.place), mine, model, variables, ())


def _refuse_unknown(slot: Slot, beside: dict[str, Entry], options: tuple[str, ...]) -> bool:
    known = (*(key.name for key in OWN.keys), *options)
    unknown = [name for name in beside if name not in options]
    for name in unknown:
        slot.notes.add(beside[name].key.place, f"a check has no key {quote(name)}", did_you_mean(name, known))
    return not unknown


def _values(module: ModuleType) -> Values:
    return Values(module.VALUES, module.OPEN, getattr(module, "TEXTS", ()))


def _besides(expects: Sequence[Expectation], module: ModuleType) -> Iterator[Expectation]:
    """Yield what is usual for the kind and goes without saying, whatever else the plan expects.

    Where it expects something of a value that only the team knows, some kinds leave it at that: a linter that prints
    how many mistakes it found ends with another status because of them.
    """
    named = {each.value for each in expects}
    if getattr(module, "YIELDS", False) and not named <= module.VALUES.keys():
        return
    yield from (each for each in usual(module) if each.value not in named)


def usual(module: ModuleType) -> tuple[Expectation, ...]:
    """Return what is expected of a kind of check where a plan says nothing else."""
    return tuple(replace(expectation(text, _values(module)), usual=True) for text in module.EXPECTED)


def _service(
    slot: Slot, fields: Fields, services: Sequence[str], module: ModuleType, options: BaseModel | None
) -> str | None:
    """Return which service is asked; empty where none is."""
    needs = getattr(module, "needs_service", None)
    needed = bool(needs and options is not None and needs(options))
    named = fields.slot("service")
    if named is None:
        if needed and len(services) > 1:
            hint = f"add `service:` with one of {', '.join(services)}"
            slot.notes.add(slot.key_place, "the plan has several services; which one is asked?", hint)
            return None
        return services[0] if needed and services else ""
    if options is not None and not needed:
        what = "this check asks no service of the plan, so `service` says nothing"
        slot.notes.add(named.key_place, what, "remove `service`")
    name = values.name(named)
    if name and services and name not in services:
        named.wrong(f"there is no service {quote(name)}", did_you_mean(name, services))
    return name


def _waiver(slot: Slot) -> Waiver | None:
    fields = values.fields(slot, WAIVER)
    if fields is None:
        return None
    owner, why = fields.read("by", values.text), fields.read("why", values.text)
    until = fields.read("until", day)
    return Waiver(owner, until, why) if owner and until and why else None


def day(slot: Slot) -> date | None:
    """Read a day such as `2026-12-20`."""
    node = slot.scalar(Form.DAY)
    if node is None:
        return None
    try:
        return date.fromisoformat(node.text.strip())
    except ValueError:
        slot.wrong(f"{quote(node.text)} is no day", f"write {Form.DAY.value}")
        return None
