"""What a plan agrees about the score of its gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AgreedScore:
    """What was agreed: the least score of 100, and the weight of each gate; one that is not named weighs 1."""

    at_least: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)
