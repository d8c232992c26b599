"""What users reach where a release went back that had no stable version, in words: nothing takes the traffic over.

The plan's page is there only once the router was told to show it; before the first traffic no router may even run.
"""

from __future__ import annotations

from collections.abc import Mapping

PAGE = "users see the plan's page"
NOTHING = "no version serves yet"


def reached(page_shown: Mapping[str, bool]) -> str:
    """Return what users reach; `page_shown` says for each service by name whether its router shows the plan's page."""
    if all(page_shown.values()):
        return PAGE
    if not any(page_shown.values()):
        return NOTHING
    shown = ", ".join(name for name, there in page_shown.items() if there)
    others = ", ".join(name for name, there in page_shown.items() if not there)
    return f"{PAGE} of {shown}, and no version of {others} serves yet"
