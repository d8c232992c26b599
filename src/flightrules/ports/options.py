"""The types that options of adapters are made of: what a person writes, and what the adapter gets.

The plan loader turns `30s` into seconds before an adapter's model sees it, and resolves `${NAME}` to text or,
for the fields typed `Secret`, to a secret that cannot be printed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

Duration = Annotated[float, Field(ge=0, json_schema_extra={"flight": "duration"})]
"""Seconds; written `30s`, `1m 30s`, `2 days`."""

Size = Annotated[int, Field(ge=0, json_schema_extra={"flight": "size"})]
"""Bytes; written `10 MB`, `512 KiB`."""

Secret = SecretStr
"""Text that never reaches the ledger, a log, a report or a page."""
