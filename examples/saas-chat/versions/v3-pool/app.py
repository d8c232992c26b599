"""My SaaS Chat, version 3: a message that is sent twice is kept once.

Its defect is one that no test with a few users sees, and no canary: it takes a connection to the database before it
asks the AI, and keeps it for as long as the AI takes. There are four connections. A fifth of the users get along with
them; all of them do not.
"""

from chatlib import SERVICES, gateway, search, serve
from chatlib.chat import Message
from chatlib.database import Pool
from chatlib.service import Service


def reply(pool: Pool, message: Message) -> int:
    """Answer a message, unless it is there already."""
    with pool.connection() as database:
        sql = "select number from messages where reference = ?"
        if found := database.execute(sql, (message.reference,)).fetchone():
            return int(found[0])
        answer = message.answered()
    number = message.keep(pool, answer)
    search.remember(pool, number, message.text)
    return number


def chat(version: str) -> Service:
    """Make the chat."""
    return search.make(version, reply)


if __name__ == "__main__":
    serve("v3-pool", {**SERVICES, "chat": chat, "gateway": gateway.with_search})
