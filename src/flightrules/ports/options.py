"""The types that options of adapters are made of: what a person writes, and what the adapter gets.

The plan loader turns `30s` into seconds before an adapter's model sees it, and resolves `${NAME}` to text or,
for the fields typed `Secret`, to a secret that cannot be printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, JsonValue, SecretStr

Duration = Annotated[float, Field(ge=0, json_schema_extra={"flight": "duration"})]
"""Seconds; written `30s`, `1m 30s`, `2 days`."""

Size = Annotated[int, Field(ge=0, json_schema_extra={"flight": "size"})]
"""Bytes; written `10 MB`, `512 KiB`."""

USED_LATE: dict[str, JsonValue] = {"used": "late"}
"""Marks a field (as its `json_schema_extra`) that only some acts of its adapter need, such as starting a version.

On a way back its variables may be without a value. An adapter hands such a text to `flightrules.domain.unset.refuse`
before it uses it; all other fields have their values whenever the adapter is made.
"""


SHELL: dict[str, JsonValue] = {"flight": "shell"}
"""Marks a field (as its `json_schema_extra`) that is a shell line.

It keeps its `${NAME}`: the values come in the environment, so that no secret stands on a command line.
"""


def database_of_kind(*kinds: str) -> dict[str, JsonValue]:
    """Return what marks a field (as its `json_schema_extra`) that names a database of the plan, of one of `kinds`.

    Without `kinds` any will do. A plan that names another one is refused where it is read. The adapter is made with
    `queries`, by which it asks it.
    """
    return {"names": "database", "kinds": list(kinds)}


DatabaseName = Annotated[str, Field(json_schema_extra=database_of_kind())]
"""The name of a database of the plan, of whatever kind."""


ROLE: dict[str, JsonValue] = {"names": "role"}
"""Marks a field (as its `json_schema_extra`) that names a role; a plan that names one that nobody has is refused."""

RoleName = Annotated[str, Field(json_schema_extra=ROLE)]
"""A role of the team file."""


def role_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """Return which fields name a role."""
    extras = {name: field.json_schema_extra for name, field in model.model_fields.items()}
    return tuple(name for name, extra in extras.items() if isinstance(extra, dict) and extra.get("names") == "role")


def database_field(options: BaseModel | type[BaseModel]) -> tuple[str, tuple[str, ...]] | None:
    """Return which field names a database of the plan, and of which kinds it may be; none for any kind."""
    model = options if isinstance(options, type) else type(options)
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("names") == "database":
            kinds = extra.get("kinds")
            return name, tuple(map(str, kinds)) if isinstance(kinds, list) else ()
    return None


def texts_in(value: object) -> Iterator[str]:
    """Yield every text in options, or in a part of them; those of secrets too."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, str | Path):
        yield str(value)
    elif isinstance(value, BaseModel):
        yield from texts_in(dict(value))
    elif isinstance(value, Mapping):
        yield from texts_in(tuple(value.values()))
    elif isinstance(value, Sequence):
        for part in value:
            yield from texts_in(part)


Secret = SecretStr
"""Text that never reaches the ledger, a log, a report or a page."""
