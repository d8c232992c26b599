"""Owns the conversations: a message is answered by the AI, and both are kept before anybody is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chatlib.database import Pool
from chatlib.service import Refused, Request, Service, ask


@dataclass(frozen=True)
class Message:
    """What somebody wrote; `reference` is their own number for it."""

    name: str
    tier: str
    text: str
    reference: str

    def keep(self, pool: Pool, answer: str) -> int:
        """Write it, with its answer, and return its number."""
        with pool.connection() as database:
            sql = "insert into messages (name, text, answer, reference) values (?, ?, ?, ?) returning number"
            ((number,),) = database.execute(sql, (self.name, self.text, answer, self.reference)).fetchall()
        return int(number)

    def answered(self) -> str:
        """Ask the AI."""
        return str(ask("ai", "POST", "/answer", text=self.text, tier=self.tier)["text"])


Reply = Callable[[Pool, Message], int]
"""Answers a message and keeps both; returns the number of what was kept."""


def reply(pool: Pool, message: Message) -> int:
    """Wait for the AI first, and take a connection only then: there are few, and the AI is slow."""
    return message.keep(pool, message.answered())


def make(version: str, reply: Reply = reply) -> Service:
    """Make the service."""
    service, pool = Service("chat", version), Pool()

    def write(request: Request) -> tuple[int, object]:
        message = Message(*(request.text(each) for each in ("name", "tier", "text", "reference")))
        if not message.text.strip():
            raise Refused(400, "say something")
        return 201, {"number": reply(pool, message)}

    def read(request: Request) -> tuple[int, object]:
        with pool.connection() as database:
            sql = "select number, text, answer from messages where name = ? order by number desc limit 20"
            rows = database.execute(sql, (request.text("name"),)).fetchall()
        return 200, [dict(zip(("number", "text", "answer"), row, strict=True)) for row in rows]

    def summarise(request: Request) -> tuple[int, object]:
        _, latest = read(request)
        said = " / ".join(each["text"] for each in latest[::-1])  # type: ignore[attr-defined]
        return 200, ask("ai", "POST", "/answer", text=said[:4000], tier=request.text("tier"), task="summary")

    service.routes |= {"POST /messages": write, "GET /messages": read, "GET /summary": summarise}
    return service
