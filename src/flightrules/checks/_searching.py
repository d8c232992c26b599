"""Looks for a regular expression in what a check found, for as long as agreed and no longer. Private to the checks.

Some expressions take for ever with some texts (`(0+)+x`), and nothing in this process could go on meanwhile, not even
an abort. So a process of its own looks, which ends itself when its time is used up, also where nobody is left to wait.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Mapping

LONGEST = 20.0
"""Seconds of looking, at most."""

_PROGRAM = """
import json, re, resource, sys
asked = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"]))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
last = None
for last in re.finditer(asked["pattern"], asked["text"], re.MULTILINE if asked["lines"] else 0):
    if asked["first"]:
        break
json.dump(None if last is None else last.groupdict(), sys.stdout)
"""


class TooSlow(Exception):
    """The expression was not done with the text in time."""


async def last_match(pattern: str, text: str, within: float = LONGEST) -> Mapping[str, str | None] | None:
    """Return the named groups of the last match, as in lines of text; None without one. Raises `TooSlow`."""
    return await _search(pattern, text, within, first=False)


async def is_found(pattern: str, text: str, within: float = LONGEST, *, lines: bool = True) -> bool:
    """Return whether there is a match, `^` and `$` being those of a line or of the whole. Raises `TooSlow`."""
    return await _search(pattern, text, within, first=True, lines=lines) is not None


async def _search(
    pattern: str, text: str, within: float, *, first: bool, lines: bool = True
) -> Mapping[str, str | None] | None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", "-c", _PROGRAM,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    seconds = max(math.ceil(within), 1)
    asked = {"pattern": pattern, "text": text, "first": first, "lines": lines, "seconds": seconds}
    try:
        said, _ = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), within)
    except TimeoutError as error:
        raise TooSlow from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise TooSlow
    groups: Mapping[str, str | None] | None = json.loads(said)
    return groups
