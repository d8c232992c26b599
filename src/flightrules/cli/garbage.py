"""When Python looks for garbage: not while a command starts, and not at its end.

A fifth of the time in which a command loads what it needs went into looking through what it had just loaded, and
up to half a second at its end into doing so again, though all of it goes away with the process.
"""

from __future__ import annotations

import atexit
import gc


def put_off() -> None:
    """Leave garbage alone from now on. Most commands end before there is any worth looking for."""
    gc.disable()
    atexit.register(gc.freeze)


def look_from_now_on() -> None:
    """Look for garbage again, for a command that stays; never among what was loaded until now."""
    gc.freeze()
    gc.enable()
