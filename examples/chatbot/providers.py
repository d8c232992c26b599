"""Stands in for OpenAI and Shopify, so that the example needs neither: `python3 providers.py --port 9701`.

Like the real one, this model refuses a conversation that is too long for it. Nothing here is part of the chatbot.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONGEST = 40
"""How many messages of a conversation the model takes."""

PRODUCTS = {"products": [{"title": title} for title in ("Lamp", "Chair", "Shelf")]}


class Providers(BaseHTTPRequestHandler):
    """Both of them, under one address."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The lists that they have."""
        lists = {"/v1/models": {"data": [{"id": "gpt-4o-mini"}]}, "/products.json": PRODUCTS}
        self._send(200 if self.path in lists else 404, lists.get(self.path, {}))

    def do_POST(self) -> None:
        """What the model says next."""
        messages = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"]
        if not self.headers.get("authorization", "").startswith("Bearer "):
            self._send(401, {"error": {"code": "invalid_api_key"}})
            return
        if len(messages) > LONGEST:
            self._send(400, {"error": {"code": "context_length_exceeded"}})
            return
        reply = f"You asked: {messages[-1]['content']}"
        self._send(200, {"choices": [{"message": {"role": "assistant", "content": reply}}]})

    def _send(self, status: int, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quietly."""


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    request_queue_size = 128


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Stand in for OpenAI and Shopify.")
    parser.add_argument("--port", type=int, required=True)
    Server(("127.0.0.1", parser.parse_args().port), Providers).serve_forever()
