"""Owns the routes of the chatbot. What a version remembers of a conversation, and what it keeps, it says itself."""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from http import HTTPStatus
from typing import Any

from chatlib import providers
from chatlib.store import Messages

PAGE = "<!doctype html><title>Ask the shop</title><h1>Ask the shop</h1><p>Chatbot {version}</p>"


class Chatbot:
    """One version: `remembers` is how many messages of a conversation the model is told, None for all of them."""

    def __init__(self, version: str, remembers: int | None, suggests: bool = False):
        self.version = version
        self._remembers = remembers
        self._suggests = suggests
        self._messages = Messages(os.environ["CHAT_DATABASE"])

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Return the status and the answer to one request: a text is a page, anything else is JSON."""
        match method, path:
            case "GET", "/":
                return HTTPStatus.OK, PAGE.format(version=self.version)
            case "GET", "/health":
                return HTTPStatus.OK, {"status": "ok", "version": self.version}
            case "GET", "/api/health":
                return HTTPStatus.OK, self._health()
            case "GET", "/api/products":
                return HTTPStatus.OK, providers.products()
            case "POST", "/api/chat" if isinstance(body.get("text"), str):
                return self._chat(body)
        return HTTPStatus.NOT_FOUND, {"error": "there is no such route"}

    def _health(self) -> dict[str, Any]:
        return {
            "database": "ok" if self._messages.count() >= 0 else "gone",
            "openai": providers.state("OPENAI_URL", "/v1/models"),
            "shopify": providers.state("SHOPIFY_URL", "/products.json"),
        }

    def _chat(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Keep the question, ask the model, keep its reply. Whoever gets the number can rely on both being kept."""
        reference = str(body.get("reference") or uuid.uuid4())
        conversation = str(body.get("conversation") or reference)
        at = {"conversation": conversation, "at": f"{time.time():.3f}"}
        try:
            number = self._messages.add(**at, role="user", text=body["text"], reference=reference)
        except sqlite3.IntegrityError:
            return HTTPStatus.CONFLICT, {"error": "this message came twice; it is kept once"}
        reply = providers.complete(self._messages.of(conversation, self._remembers))
        suggested = {"product": providers.products()[number % 3]} if self._suggests else {}
        self._messages.add(**at, role="assistant", text=reply, **suggested)
        return HTTPStatus.CREATED, {"number": number, "reply": reply, **suggested}
