"""Where `flight` itself writes what went wrong inside: a file in the state, never over the picture of a release."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flightrules.state.database import State

NAME = "flight.log"
BYTES, COPIES = 1_000_000, 2


class MaskedFormatter(logging.Formatter):
    """Writes the time and the text, with every known secret hidden, in tracebacks too."""

    def __init__(self, state: State) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._state = state

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the lines of its traceback."""
        return self._state.mask.text(super().format(record))


@contextmanager
def logging_to(state: State) -> Iterator[None]:
    """While the block runs, everything that the package logs goes to `flight.log` in the state."""
    handler = RotatingFileHandler(state.folder / NAME, maxBytes=BYTES, backupCount=COPIES, encoding="utf-8", delay=True)
    handler.setFormatter(MaskedFormatter(state))
    logger = logging.getLogger("flightrules")
    before, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before
        handler.close()
