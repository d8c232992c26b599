"""The JSON Schema of a plan, for editors that complete and check while one writes.

Made from the vocabulary and from the options that every installed adapter declares, so it knows what the reader
knows. It cannot say everything: that shares never fall, that a metric is supplied or that a unit fits is for
`flight check`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from flightrules import adapters
from flightrules.domain.plan import Unit
from flightrules.plan_file.shapes import (
    AdapterOf,
    CheckOf,
    Form,
    Key,
    ListOf,
    MapOf,
    OneOrMany,
    PartOf,
    Section,
    TextOr,
)
from flightrules.plan_file.units import SIZE_WORDS, TIME_WORDS
from flightrules.plan_file.vocabulary import PLAN

Schema = dict[str, Any]

_NUMBER = r"\d+(\.\d+)?"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}"
_TIME = f"{_NUMBER}\\s*({'|'.join(sorted(TIME_WORDS, key=len, reverse=True))})"
_DURATION = f"({_TIME}\\s*)*{_TIME}"
_SIZE = f"{_NUMBER}\\s*({'|'.join(sorted(SIZE_WORDS, key=len, reverse=True))})"
_ANY_LIMIT = f"(-?{_NUMBER}\\s*x\\s+baseline|[-0-9][^<>=]*)"
_FILLED = r"\$\{"
"""A value with a variable in it, which nobody knows before the plan is loaded."""

_TOLD = ("title", "description")

_PATTERNS = {
    Form.NAME: _NAME,
    Form.DURATION: _DURATION,
    Form.SHARE: r"(100(\.0+)?|\d{1,2}(\.\d{1,2}0*)?)\s*%",
    Form.CONDITION: f"{_NAME}\\s+(grows\\s*)?(<=?|>=?|=|≤|≥)(?![<>=])\\s*{_ANY_LIMIT}",
    Form.ACTION: f"warn|page(\\s+{_NAME})?|pause|roll\\s+back|step\\s+back\\s+to\\s+{_NAME}|shut\\s+down|P[0-4]",
    Form.DECISION: f"roll\\s+back|shut\\s+down|fix\\s+forward|ask(\\s+{_NAME})?",
    Form.LOOK: f"every\\s+{_DURATION}(\\s+for\\s+{_DURATION})?",
    Form.REPORT: f"(hourly|daily|weekly|every\\s+{_DURATION})(\\s+for\\s+{_DURATION})?",
    Form.PERCENTAGE: r"(100(\.0+)?|\d{1,2}(\.\d+)?)\s*%",
    Form.UNDERPOWERED: f"go\\s+on|extend\\s+up\\s+to\\s+{_DURATION}|ask",
    Form.ROWS: r"may\s+(not\s+)?fall",
    Form.EXPECTATION: r"[A-Za-z0-9_][\w.-]*\s*(<=?|>=?|=|≤|≥)(?![<>=])\s*\S[^<>=]*",
    Form.DAY: r"\d{4}-\d\d-\d\d",
    Form.WHEN: r"\d{4}-\d\d-\d\d([ T]\s*\d{1,2}:\d\d)?|\d{1,2}:\d\d",
    Form.CLOCK: r"\d{1,2}:\d\d",
    Form.OVERRUN: f"warn|ask\\s+{_NAME}",
    Form.WEEKDAY: r"([Mm]on|[Tt]ues|[Ww]ednes|[Tt]hurs|[Ff]ri|[Ss]atur|[Ss]un|[Ww]eek)?[Dd]ay|[Ww]eekend",
}
_EXAMPLES = {
    Form.DURATION: ["30s", "15m", "48h", "2 days", "1m 30s"],
    Form.SHARE: ["5%", "25%", "100%"],
    Form.CONDITION: ["error_rate < 0.5%", "p95 < 500ms", "error_rate > 10% for 5m", "p95 > 5x baseline for 10m"],
    Form.ACTION: ["roll back", "warn", "page on-call", "pause", "step back to canary", "shut down", "P2"],
    Form.DECISION: ["roll back", "ask on-call", "fix forward"],
    Form.LOOK: ["every 15m", "every 1m for 1h"],
    Form.REPORT: ["hourly for 1 day", "daily", "every 4h"],
    Form.PERCENTAGE: ["1%", "0.5%"],
    Form.UNDERPOWERED: ["go on", "extend up to 2h", "ask"],
    Form.EXPECTATION: ["status = 200", "time < 500ms", "serious < 5"],
    Form.DAY: ["2026-12-20"],
    Form.WHEN: ["2026-12-20", "2026-12-20 18:00", "14:00"],
    Form.CLOCK: ["09:30"],
    Form.WEEKDAY: ["friday", "weekend"],
    Form.ZONE: ["Europe/Berlin", "America/New_York", "UTC"],
}


def json_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a plan, with every adapter that is installed here."""
    definitions = {form.name.lower(): _form(form) for form in Form}
    definitions["size"] = {"type": "string", "pattern": f"^\\s*{_SIZE}\\s*$", "examples": ["10 MB", "512 KiB"]}
    root = _section(PLAN, definitions)
    compare = root["properties"]["compare"]
    root["properties"]["compare"] = {  # what holds anyway may be said
        **{told: compare[told] for told in _TOLD if told in compare},
        "anyOf": [compare, {"enum": ["on", True]}],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A plan of Flight Rules",
        "description": "Everything that a team agreed on before a release",
        **root,
        "$defs": definitions,
    }


def _form(form: Form) -> Schema:
    if form is Form.TRUTH:
        return {"type": "boolean"}
    if form is Form.COUNT:
        return {"type": "integer", "minimum": 1}
    if form is Form.SCORE:
        return {"type": "number", "minimum": 0, "maximum": 100, "description": form.value}
    if form is Form.WEIGHT:
        return {"type": "number", "minimum": 0, "description": form.value}
    if form is Form.UNIT:
        return {"enum": [unit.value or "number" for unit in Unit]}
    if form is Form.VERSION_FROM:
        return {"enum": ["git", "argument"]}
    if form is Form.PARAMETER:
        return {"type": ["string", "number"], "description": form.value, "minLength": 1}
    schema: Schema = {"type": "string", "description": form.value, "minLength": 1}
    if form in _PATTERNS:
        schema["pattern"] = f"^\\s*({_PATTERNS[form]})\\s*$"
        schema["examples"] = _EXAMPLES.get(form, [])
    return schema


def _shape(shape: Any, definitions: Schema) -> Schema:
    match shape:
        case Form():
            return {"$ref": f"#/$defs/{shape.name.lower()}"}
        case OneOrMany(of=form):
            one = _shape(form, definitions)
            return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
        case ListOf(of=inner, word=word):
            item = _shape(inner, definitions)
            if not word:
                return {"type": "array", "items": item, "minItems": 1}
            many = {"type": "array", "items": {"anyOf": [{"const": word}, item]}, "minItems": 1}
            return {"anyOf": [{"const": word}, many]}
        case TextOr(of=form, more=more):
            return {"anyOf": [_shape(form, definitions), _section(more, definitions)]}
        case MapOf(of=inner, instead=instead):
            names = {"pattern": f"^{_NAME}$"}
            named = _shape(inner, definitions)
            special = {name: _section(section, definitions) for name, section in instead.items()}
            own = {"properties": special} if special else {}
            return {"type": "object", "propertyNames": names, **own, "additionalProperties": named, "minProperties": 1}
        case AdapterOf():
            return _adapter(shape, definitions)
        case CheckOf():
            return _check(shape, definitions)
        case PartOf():
            return {"$ref": "#/$defs/part_of_a_check"}
        case _:
            return _section(shape, definitions)


def _section(section: Section, definitions: Schema) -> Schema:
    keys = [key for key in section.keys if not key.later]
    return {
        "type": "object",
        "properties": {key.name: _described(key, definitions) for key in keys},
        "required": [key.name for key in keys if key.required],
        "additionalProperties": False,
    }


def _described(key: Key, definitions: Schema) -> Schema:
    return {**_shape(key.shape, definitions), "description": key.means}


def _adapter(of: AdapterOf, definitions: Schema) -> Schema:
    """Return a schema that picks the options by kind, so that an editor complains about the right ones."""
    kinds = sorted({*adapters.kinds(of.family), *of.instead})
    return {
        "type": "object",
        "properties": {of.key: {"enum": kinds}},
        "required": [of.key],
        "allOf": [_when(of, kind, definitions) for kind in kinds],
    }


def _check(of: CheckOf, definitions: Schema) -> Schema:
    """Return the schema of a check: one key of a kind, with its options beside it or below it."""
    kinds = adapters.kinds(of.family)
    options = {kind: _declared(of.family, kind, definitions) for kind in kinds}
    own = {key.name: _described(key, definitions) for key in of.own}
    beside = {name: shape for each in options.values() for name, shape in each["properties"].items()}
    named = {kind: _behind_its_key(adapters.module(of.family, kind), each) for kind, each in options.items()}
    part = {"type": "object", "properties": {**beside, **named, **own}, "additionalProperties": False}
    definitions["part_of_a_check"] = {**part, "minProperties": 1}
    whole = {
        **part,
        "required": [key.name for key in of.own if key.required],
        "oneOf": [{"required": [kind]} for kind in kinds],
    }
    if of.instead is None:
        return whole
    return {"if": {"required": ["use"]}, "then": _section(of.instead, definitions), "else": whole}


def _behind_its_key(module: ModuleType, options: Schema) -> Schema:
    main: Schema = options["properties"][module.MAIN]
    return main if getattr(module, "NAMED", False) else {"anyOf": [main, options]}


def _declared(family: str, kind: str, definitions: Schema) -> Schema:
    """Return the options that a kind declares, as a person writes them."""
    name = f"{family.rpartition('.')[2]}.{kind}"
    declared = adapters.module(family, kind).Options.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    for inner, schema in declared.pop("$defs", {}).items():
        definitions[f"{name}.{inner}"] = _written(schema)
    written: Schema = _written(declared)
    return written


def _when(of: AdapterOf, kind: str, definitions: Schema) -> Schema:
    family = of.family.rpartition(".")[2]
    name = f"{family}.{kind}"
    if name not in definitions:
        definitions[name] = _options(of, kind, definitions)
    return {
        "if": {"properties": {of.key: {"const": kind}}, "required": [of.key]},
        "then": {"$ref": f"#/$defs/{name}"},
    }


def _options(of: AdapterOf, kind: str, definitions: Schema) -> Schema:
    own = {key.name: _described(key, definitions) for key in of.own}
    if (special := of.instead.get(kind)) is not None:
        return _section(special, definitions)
    options = _declared(of.family, kind, definitions)
    options["properties"] = {of.key: {"const": kind}, **own, **options.get("properties", {})}
    return options


def _written(schema: Any) -> Any:
    """Return an adapter's schema as a person writes its values: durations with units, variables anywhere."""
    if isinstance(schema, list):
        return [_written(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    mark = schema.get("flight")
    if mark in ("duration", "size"):
        return _or_variable({"$ref": f"#/$defs/{mark}"}, schema)
    plain = {key: _part(key, inner) for key, inner in schema.items() if key != "default"}
    if schema.get("type") in ("integer", "number", "boolean") or "const" in schema:
        return _or_variable({key: plain[key] for key in plain if key not in _TOLD}, schema)
    return plain


def _part(key: str, inner: Any) -> Any:
    if key == "properties":
        return {name: _written(schema) for name, schema in inner.items()}
    if key == "additionalProperties" and isinstance(inner, dict) and inner.get("type") == "string":
        return {"type": ["string", "number", "boolean"]}  # what an environment or a header holds is text in the end
    return _written(inner)


def _or_variable(shape: Schema, schema: Schema) -> Schema:
    told = {key: schema[key] for key in _TOLD if key in schema}
    return {"anyOf": [shape, {"type": "string", "pattern": _FILLED}], **told}
