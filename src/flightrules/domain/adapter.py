"""What a plan says of an adapter. What the options mean is the adapter's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Adapter:
    """Which adapter of the package, and the options that it declared."""

    kind: str
    options: Any
