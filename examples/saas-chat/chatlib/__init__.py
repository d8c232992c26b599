"""What every version of My SaaS Chat is made of: four services. Only the standard library."""

import os
from collections.abc import Callable, Mapping

from chatlib import accounts, ai, chat, gateway
from chatlib.service import Service

Makes = Callable[[str], Service]
"""Makes one service of the version that it is given."""

SERVICES: Mapping[str, Makes] = {
    "accounts": accounts.make,
    "ai": ai.make,
    "chat": chat.make,
    "gateway": gateway.make,
}


def serve(version: str, services: Mapping[str, Makes] = SERVICES) -> None:
    """Run the service that `SERVICE` names at the port `PORT`, as a target starts it."""
    services[os.environ["SERVICE"]](version).serve(int(os.environ["PORT"]))
