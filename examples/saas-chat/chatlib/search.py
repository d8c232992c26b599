"""Owns the search by meaning: new with version 2. The vectors lie in our own database, and at no provider any more.

A stand-in for a real embedding: how often each of 64 groups of words occurs.
"""

from __future__ import annotations

import json
import math
import zlib

from chatlib import chat
from chatlib.database import Pool
from chatlib.service import Request, Service

SIZE = 64


def vector(text: str) -> list[float]:
    """Return `SIZE` numbers, of length 1 together."""
    counts = [0.0] * SIZE
    for word in text.lower().split():
        counts[zlib.crc32(word.encode()) % SIZE] += 1.0
    length = math.hypot(*counts) or 1.0
    return [round(count / length, 4) for count in counts]


def remember(pool: Pool, number: int, text: str) -> None:
    """Keep the vector of a message."""
    with pool.connection() as database:
        database.execute("insert into vectors (message, vector) values (?, ?)", (number, json.dumps(vector(text))))


def reply(pool: Pool, message: chat.Message) -> int:
    """Answer as version 1 does, and let the message be found."""
    number = chat.reply(pool, message)
    remember(pool, number, message.text)
    return number


def make(version: str, reply: chat.Reply = reply) -> Service:
    """Make the chat, with `GET /search?name=…&words=…`."""
    service, pool = chat.make(version, reply), Pool()

    def search(request: Request) -> tuple[int, object]:
        wanted = vector(request.text("words"))
        with pool.connection() as database:
            sql = """select m.number, m.text, v.vector from vectors v join messages m on m.number = v.message
                     where m.name = ? order by m.number desc limit 200"""
            rows = database.execute(sql, (request.text("name"),)).fetchall()
        near = sorted(rows, key=lambda row: _likeness(wanted, json.loads(row[2])), reverse=True)
        return 200, [{"number": number, "text": text} for number, text, _ in near[:3]]

    service.routes |= {"GET /search": search}
    return service


def _likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
