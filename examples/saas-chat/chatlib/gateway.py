"""Owns what users see: the page, and the API in front of the other services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatlib.service import Handler, Request, Service, ask

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>My SaaS Chat</title>
<body style="font: 18px/1.5 system-ui; max-width: 40em; margin: 3em auto; padding: 0 1em">
<h1>My SaaS Chat <small>{version}</small></h1>
<p>Write something; it is answered, and kept.</p>
"""

CHAT = {
    "POST /api/messages": ("POST", "/messages"),
    "GET /api/messages": ("GET", "/messages"),
    "GET /api/summary": ("GET", "/summary"),
}
"""What the chat answers, for whoever the accounts say that it is."""

SEARCH = {"GET /api/search": ("GET", "/search")}


def make(version: str, chat: Mapping[str, tuple[str, str]] = CHAT) -> Service:
    """Make the service; `chat` has its routes that the chat answers."""
    service = Service("gateway", version)
    page = PAGE.format(version=version).encode()
    service.routes |= {
        "GET /": lambda _: (200, page),
        "POST /api/register": lambda request: (201, ask("accounts", "POST", "/register", **request.fields)),
        "POST /api/login": lambda request: (200, ask("accounts", "POST", "/login", **request.fields)),
        "POST /api/billing": _billing,
        **{route: _as_somebody(*there) for route, there in chat.items()},
    }
    return service


def with_search(version: str) -> Service:
    """Make the service of version 2."""
    return make(version, CHAT | SEARCH)


def _billing(request: Request) -> tuple[int, Any]:
    return 200, ask("accounts", "POST", "/billing", **{**request.fields, "name": _who(request)["name"]})


def _as_somebody(method: str, path: str) -> Handler:
    def handle(request: Request) -> tuple[int, Any]:
        found = ask("chat", method, path, **{**request.fields, **_who(request)})
        return (201 if method == "POST" else 200), found

    return handle


def _who(request: Request) -> dict[str, str]:
    return dict(ask("accounts", "GET", "/who", token=request.token))
