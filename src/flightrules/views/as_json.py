"""Views as JSON-ready data: the same names as the dataclasses, nothing left out."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def to_json(view: Any) -> Any:
    """Return a view as data that `json.dumps` takes."""
    if is_dataclass(view):
        return {field.name: to_json(getattr(view, field.name)) for field in fields(view)}
    if isinstance(view, Enum):
        return view.value
    if isinstance(view, tuple):
        return [to_json(each) for each in view]
    return view
