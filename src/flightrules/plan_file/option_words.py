"""What pydantic's complaint about an option means to the person who wrote the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
    "url": "a URL such as `http://127.0.0.1:9090`",
    "path": "a path",
}
_LIMITS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} parts",
    "too_long": "must have at most {max_length} parts",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}

_BEGINNINGS = {"^/": "must begin with `/`", "^https?://": "must begin with `http://` or `https://`"}
"""Patterns that say no more than how a text begins, in words."""


def explain(key: str, found: str, complaint: ErrorDetails, field: FieldInfo | None) -> tuple[str, str]:
    """Return what is wrong with the value of `key`, `found` there, and what to write instead."""
    words, _, advice = _words(complaint, found).partition("; ")
    meaning = field.description if field and field.description else "see its reference"
    return f"`{key}` {words}", advice or f"{key}: {meaning[:1].lower()}{meaning[1:]}"


def _words(complaint: ErrorDetails, found: str) -> str:
    kind, context = complaint["type"], complaint.get("ctx", {})
    if context.get("pattern") in _BEGINNINGS:
        return _BEGINNINGS[str(context["pattern"])]
    if kind in _LIMITS:
        return _LIMITS[kind].format(**_shown(context)).replace("'", "`").replace("True", "`true`")
    if kind in ("value_error", "assertion_error"):
        return f"cannot be carried out: {context.get('error')}"
    if kind.split("_")[0] in _KINDS:
        return f"takes {_KINDS[kind.split('_')[0]]}, not {found}"
    return "cannot have this value"


def _shown(context: Mapping[str, Any]) -> dict[str, str]:
    return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in context.items()}
