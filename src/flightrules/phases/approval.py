"""Asking a person: the release waits, people are told what it waits for and who can answer, the answer is on record.

Everything else goes on meanwhile: the rules stand, and abort and shutdown are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flightrules.engine.run import Run


async def answer_to(run: Run, question: str, says: str, role: str) -> Mapping[str, Any]:
    """Wait until somebody answers `question` (a key of the record); return `approved, by, role, reason`.

    `says` is what people read. With a `role` only who answers as that can.
    """
    asked = run.recorded(f"{question}/answered")
    if asked is not None:
        return asked
    who = f" --as {role}" if role else ""
    run.record("question.asked", f"{question}/asked", says=says, role=role)
    text = f"{says}; answer with `flight approve{who}` or `flight reject{who} --reason TEXT`"
    await run.tell(text, urgent=True, role=role or None, key=f"{question}/told")
    run.now(question=question, role=role)
    try:
        while (answered := run.recorded(f"{question}/answered")) is None:
            await run.until_news()
        return answered
    finally:
        run.now(question=None, role="")


def by(answered: Mapping[str, Any]) -> str:
    """Return who answered, with the role and the reason that were given."""
    role = f" ({answered['role']})" if answered["role"] else ""
    return f"{answered['by']}{role}" + (f": {answered['reason']}" if answered["reason"] else "")
