"""What a team's own tool complained of, in one line out of the many it printed.

Its last line is often the one that helps least: a traceback of SQLAlchemy ends with the address of an explanation, one
of a JavaScript tool with a closing brace.
"""

import re
from collections.abc import Sequence

_NAMES_AN_ERROR = re.compile(
    r"^(?:[\w.]*(?:Error|Exception|Violation|NotAvailable)\b|(?:\S+ )?(?:error|fatal|failed)\b(?=\W))", re.IGNORECASE
)
_ONLY_FOLLOWS = ("(Background on this error", "[SQL:", "[parameters:", "DETAIL:", "HINT:", "CONTEXT:", "LINE ")
_SAYS_NOTHING = re.compile(r"^[\W_]*$")


def complaint(log: Sequence[str]) -> str:
    """Return the last line that names an error; without one the last that says anything at all."""
    said = [line.strip() for line in log if not _SAYS_NOTHING.match(line)]
    said = [line for line in said if not line.startswith(_ONLY_FOLLOWS)] or said
    named = (line for line in reversed(said) if _NAMES_AN_ERROR.match(line))
    return next(named, said[-1] if said else "it said nothing")
