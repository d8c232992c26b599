"""Asking people: the release waits, they are told what it waits for and who can answer, the answer is on record.

Everything else goes on meanwhile: the rules stand, and abort and shutdown are taken. Several questions may be open at
once. Whoever does not answer is reminded; a question may end after a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from flightrules.domain.errors import NobodyAnswered
from flightrules.domain.figures import duration
from flightrules.domain.people import Team, who_can
from flightrules.domain.signals import Question
from flightrules.engine.run import Run


@dataclass(frozen=True)
class Asking:
    """One question: its `key` in the record, what people read, and who may answer.

    `item` is what is signed; of what is not, `about` is the name by which people can tell it from other questions.
    `roles` are those of whom one may answer; none of them is anybody. `barred` are logins that may not, each with the
    reason. It ends after `within` seconds (None: never), and `otherwise` says what happens then; people are reminded
    every `remind` seconds (None: never).
    """

    key: str
    says: str
    roles: Sequence[str] = ()
    item: str = ""
    barred: Mapping[str, str] = field(default_factory=dict)
    within: float | None = None
    remind: float | None = None
    otherwise: str = ""
    about: str = ""


async def answer_to(run: Run, key: str, says: str, role: str) -> Mapping[str, Any]:
    """Wait until somebody answers the question `key`; return `approved, by, role, reason`.

    `says` is what people read. With a `role` only who answers as that can.
    """
    return await answered(run, Asking(key, says, (role,) if role else ()))


async def answered(run: Run, asking: Asking) -> Mapping[str, Any]:
    """Wait until somebody answers; return `approved, by, role, reason`. Raises `NobodyAnswered` after its time."""
    key = asking.key
    before = run.recorded(f"{key}/answered")
    if before is not None:
        return before
    role = " or ".join(asking.roles)
    who = _who(run.plan.team, asking)
    asked = run.record(
        "question.asked", f"{key}/asked",
        says=asking.says, role=role, item=asking.item, about=asking.about, who=who, otherwise=asking.otherwise,
    )  # fmt: skip
    await run.tell(_text(asking, who), urgent=True, role=role or None, key=f"{key}/told")
    if run.plan.rehearsing and run.plan.rehearsing.answers:
        return _answered_by_who_rehearses(run, asking)
    question = Question(key, asking.item or asking.about, _seats(run, asking), dict(asking.barred))
    run.now(questions=(*run.situation.questions, question))
    timer = asyncio.ensure_future(_remind_until_over(run, asking, asked.at, who))
    timer.add_done_callback(lambda _: run.news.set())  # also where it broke: nobody must wait for it then
    try:
        while (answer := run.recorded(f"{key}/answered")) is None:
            if timer.done():
                timer.result()
                raise NobodyAnswered(_too_late(asking))
            await run.until_news()
        return answer
    finally:
        run.now(questions=tuple(each for each in run.situation.questions if each.key != key))
        timer.cancel()
        await asyncio.gather(timer, return_exceptions=True)


def _answered_by_who_rehearses(run: Run, asking: Asking) -> Mapping[str, Any]:
    """Answer as careful people do: yes to what was planned, no to what was found bad, or nobody looked at."""
    approved = not (asking.key.startswith("severities/") or asking.key.endswith("/undo/doubt"))
    said = {"role": next(iter(asking.roles), ""), "reason": "answered by who rehearses", "version": run.version}
    key, who = f"{asking.key}/answered", run.asked.by
    return run.record("question.answered", key, actor=who, approved=approved, by=who, **said).event.data


async def _remind_until_over(run: Run, asking: Asking, asked_at: float, who: str) -> None:
    """Remind people; return when the question has ended. Counted from when it was asked, also after a crash."""
    number = 1
    while True:
        moments = [each for each in (asking.remind and number * asking.remind, asking.within) if each]
        if not moments:
            await asyncio.Event().wait()
        await run.clock.sleep(max(0.0, asked_at + min(moments) - run.clock.now()))
        now = run.clock.now()
        if asking.within is not None and now >= asked_at + asking.within:  # the same sum as above, to the last digit
            return
        waited = now - asked_at
        number = int(waited // (asking.remind or 1.0)) + 1
        text = f"{_text(asking, who)}; it has waited {duration(round(waited))}"
        await run.tell(text, urgent=True, role=" or ".join(asking.roles) or None, key=f"{asking.key}/reminded-{number}")


def _text(asking: Asking, who: str) -> str:
    could = f" ({who})" if who else ""
    as_role = f" --as {asking.roles[0]}" if len(asking.roles) == 1 else ""
    if asking.item:
        return f"{asking.says}{could}; answer with `flight sign {quote(asking.item)}{as_role}`, or with `flight reject`"
    about = f" {quote(asking.about)}" if asking.about else ""
    answers = f"`flight approve{about}{as_role}` or `flight reject{about}{as_role} --reason TEXT`"
    return f"{asking.says}{could}; answer with {answers}"


def _too_late(asking: Asking) -> str:
    return f"nobody answered within {duration(asking.within or 0.0)}: {asking.says}"


def _seats(run: Run, asking: Asking) -> dict[str, tuple[str, ...] | None]:
    """Return by role who may answer.

    Where the team file cannot be read any more, nobody is known who could say yes to something new; but a way back must
    not wait for somebody to mend a file: there a role is what somebody says.
    """
    team = run.plan.team
    if run.plan.rehearsing:  # who rehearses answers for everybody
        return dict.fromkeys(asking.roles, (run.asked.by,))
    if team is not None and team.broken and run.situation.going_back:
        team = None
    return {role: None if team is None else team.logins(role) for role in asking.roles}


def _who(team: Team | None, asking: Asking) -> str:
    """Return who can answer: `legal: Anna Berg, Otto Maier`; empty where nobody says who has a role."""
    return "" if team is None else who_can(team, asking.roles, asking.barred)


def by(answered: Mapping[str, Any]) -> str:
    """Return who answered, with the role and the reason that were given."""
    role = f" ({answered['role']})" if answered["role"] else ""
    return f"{answered['by']}{role}" + (f": {answered['reason']}" if answered["reason"] else "")
