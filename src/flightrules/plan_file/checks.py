"""Reads the checks of `gates` and `verify`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from flightrules.domain.plan import Check, CommandCheck, Comparison, Condition, FixedLimit, HttpCheck, Unit
from flightrules.plan_file import grammar, units, values
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.values import Fields, Slot
from flightrules.plan_file.variables import Variables
from flightrules.plan_file.vocabulary import GATE_CHECK, GATES_LATER, VERIFY_CHECK, Form

COMMAND_WITHIN = 600.0
HTTP_WITHIN = 10.0
_REQUEST = re.compile(r"(\S+)\s+(/\S*)")
_METHODS = ("GET", "HEAD", "OPTIONS")


def read_gates(slot: Slot, variables: Variables) -> dict[str, tuple[Check, ...]]:
    """Return the checks of every gate."""
    gates = {}
    for gate in values.entries(slot, "a list of checks"):
        if gate.key in GATES_LATER:
            later = GATES_LATER[gate.key]
            what = f"`{gate.key}` is not supported yet: this version of flight does not carry out {later}"
            slot.notes.add(gate.key_place, what, f"remove `{gate.key}`")
            continue
        gates[gate.key] = _checks(gate, lambda inner: _gate_check(inner, variables))
    return gates


def read_verify(slot: Slot, services: Sequence[str], variables: Variables) -> tuple[Check, ...]:
    """Return the checks after the rollout; `services` are the names of all services."""
    return _checks(slot, lambda inner: _verify_check(inner, services, variables))


def _checks(slot: Slot, read: Callable[[Slot], Check | None]) -> tuple[Check, ...]:
    checks: dict[str, Check] = {}
    for inner in values.items(slot, "checks"):
        check = read(inner)
        if check and check.name in checks:
            what = f"the check {quote(check.name)} stands in `{slot.key}` twice"
            slot.notes.add(inner.place, what, "give each check words of its own")
        if check:
            checks[check.name] = check
    return tuple(checks.values())


def _gate_check(slot: Slot, variables: Variables) -> Check | None:
    fields = values.fields(slot, GATE_CHECK)
    if fields is None:
        return None
    if fields.slot("run") is None and not fields.has_later:
        slot.notes.add(slot.key_place, "this check says nothing to do", "add `run: COMMAND`")
    return _command(fields, variables)


def _verify_check(slot: Slot, services: Sequence[str], variables: Variables) -> Check | None:
    fields = values.fields(slot, VERIFY_CHECK)
    if fields is None:
        return None
    run, http = fields.slot("run"), fields.slot("http")
    if run and http:
        slot.notes.add(http.key_place, "a check either runs a command or asks by HTTP", "make two checks of it")
    elif http:
        return _http(fields, services)
    elif not run and not fields.has_later:
        slot.notes.add(slot.key_place, "this check says nothing to do", "add `run: COMMAND` or `http: GET /PATH`")
    for key in ("expect", "service"):
        if run and (unfit := fields.slot(key)):
            slot.notes.add(unfit.key_place, f"`{key}` belongs to `http`, not to `run`", f"remove `{key}`")
    return _command(fields, variables)


def _command(fields: Fields, variables: Variables) -> CommandCheck | None:
    name = fields.read("check", values.text)
    within = fields.read_or("within", values.duration, COMMAND_WITHIN)
    run = fields.slot("run")
    node = run.written(Form.SHELL) if run else None
    if not (name and run and node):
        return None
    line, environment = variables.for_shell(node, run.notes)
    return CommandCheck(name, line, within, environment)


def _http(fields: Fields, services: Sequence[str]) -> HttpCheck | None:
    name = fields.read("check", values.text)
    within = fields.read_or("within", values.duration, HTTP_WITHIN)
    request = fields.read("http", _request)
    service = _service(fields, services)
    status = 200
    for claim in fields.read("expect", _expectations) or ():
        if claim.metric == "status" and isinstance(claim.limit, FixedLimit):
            status = int(claim.limit.value)
        elif isinstance(claim.limit, FixedLimit):
            within = claim.limit.value
    if not (name and request and service):
        return None
    return HttpCheck(name, *request, status, within, service)


def _service(fields: Fields, services: Sequence[str]) -> str | None:
    slot = fields.slot("service")
    if slot is None:
        if len(services) > 1:
            hint = f"add `service:` with one of {', '.join(services)}"
            fields.notes.add(fields.place, "the plan has several services; which one is asked?", hint)
        return services[0] if len(services) == 1 else None
    name = values.name(slot)
    if name and services and name not in services:
        slot.wrong(f"there is no service {quote(name)}", did_you_mean(name, services))
    return name


def _request(slot: Slot) -> tuple[str, str] | None:
    node = slot.scalar(Form.REQUEST)
    if node is None:
        return None
    found = _REQUEST.fullmatch(node.text.strip())
    if not found:
        slot.wrong(f"{quote(node.text)} is no request", f"write {Form.REQUEST.value}")
        return None
    if found[1] not in _METHODS:
        what = f"a check cannot send {quote(found[1])}: it must not change anything"
        slot.wrong(what, f"write one of {', '.join(_METHODS)}")
        return None
    return found[1], found[2]


def _expectations(slot: Slot) -> tuple[Condition, ...]:
    read: dict[str, Condition] = {}
    for inner in values.one_or_many(slot, "expectations"):
        claim = inner.parse(_expectation, Form.EXPECTATION)
        if claim and claim.metric in read:
            inner.wrong(f"`{claim.metric}` is expected twice", "keep one")
        if claim:
            read[claim.metric] = claim
    return tuple(read.values())


def _expectation(text: str) -> Condition:
    claim = grammar.claim(text)
    kinds = {"status": Unit.NUMBER, "time": Unit.SECONDS}
    if claim.metric not in kinds:
        hint = did_you_mean(claim.metric, kinds)
        raise grammar.GrammarError(claim.metric_at, f"an answer has no {quote(claim.metric)} to look at", hint)
    read = units.condition(claim, kinds[claim.metric], text)
    wanted = Comparison.EQUAL if claim.metric == "status" else Comparison.BELOW
    if read.comparison is not wanted or not isinstance(read.limit, FixedLimit) or read.lasting:
        raise grammar.GrammarError(0, f"{quote(text)} cannot be expected", "write `status = 200` or `time < 500ms`")
    if claim.metric == "status" and read.limit.value not in range(100, 600):
        raise grammar.GrammarError(
            0, f"no answer has the status {read.limit.value:g}", "write for example `status = 200`"
        )
    if claim.metric == "time" and read.limit.value == 0:
        raise grammar.GrammarError(0, "no answer comes in no time", "write for example `time < 500ms`")
    return read
