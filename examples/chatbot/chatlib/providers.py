"""Owns the way to OpenAI and Shopify, by `OPENAI_URL`, `OPENAI_API_KEY` and `SHOPIFY_URL`."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any

WITHIN = 3.0
"""Seconds that a provider may take."""


class Refused(Exception):
    """A provider refused a request, or did not answer."""


def complete(messages: list[dict[str, str]]) -> str:
    """Return what the model says next in a conversation. Raises `Refused`."""
    said = _ask(os.environ["OPENAI_URL"] + "/v1/chat/completions", {"model": "gpt-4o-mini", "messages": messages})
    return str(said["choices"][0]["message"]["content"])


def products() -> list[str]:
    """Return what the shop sells. Raises `Refused`."""
    return [str(product["title"]) for product in _ask(os.environ["SHOPIFY_URL"] + "/products.json")["products"]]


def state(variable: str, path: str) -> str:
    """Return `ok`, or what is wrong with a provider."""
    try:
        _ask(os.environ[variable] + path)
    except Refused as problem:
        return str(problem)
    return "ok"


def _ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if url.startswith(os.environ["OPENAI_URL"]):
        headers["authorization"] = f"Bearer {os.environ['OPENAI_API_KEY']}"
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=WITHIN) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as problem:
        raise Refused(f"status {problem.code}: {problem.read(200).decode(errors='replace')}") from problem
    except (OSError, ValueError) as problem:
        raise Refused(f"no answer: {problem}") from problem
