"""An entry of the ledger as a CloudEvent 1.0, for whatever reads such events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flightrules.domain.events import Entry

TYPE_PREFIX = "dev.flightrules."


def to_cloud_event(entry: Entry, plan: str) -> dict[str, Any]:
    """Return `entry` in the JSON format of CloudEvents 1.0.

    `data` holds the whole entry as it was hashed, so that the chain can be verified from an export alone.
    """
    event = entry.event
    return {
        "specversion": "1.0",
        "id": str(entry.number),
        "source": f"/flightrules/{quote(plan, safe='')}",
        "type": TYPE_PREFIX + event.kind,
        "time": datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "subject": event.release,
        "datacontenttype": "application/json",
        "data": {
            "number": entry.number,
            "at": entry.at,
            "kind": event.kind,
            "release": event.release,
            "data": event.data,
            "actor": event.actor,
            "version": event.version,
            "key": event.key,
            "previous": entry.previous,
            "hash": entry.hash,
        },
    }
