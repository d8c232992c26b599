"""What somebody may have meant who typed a name that there is not."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

MOST = 8
"""So many names are listed where none is near."""


def suggestion(name: str, known: Sequence[str]) -> str:
    """Return a sentence with the `known` names that are near, else with the first of them; empty where there are none.

    The order of `known` is kept: whoever calls puts the most likely first.
    """
    near = difflib.get_close_matches(name[:40], known, 3)
    if near:
        return f"Did you mean {_either(near)}?"
    more = f", and {len(known) - MOST} more" if len(known) > MOST else ""
    return f"There are: {', '.join(known[:MOST])}{more}." if known else ""


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
