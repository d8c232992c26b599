"""Stands in for Chatwoot, GitHub and the monitoring, for the example: `python3 providers.py --port 9702`.

Nothing here is part of the dashboard.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "/repos/hot-rod/dashboard/commits/main"
RUNS = [
    {"id": n, "name": name, "status": "completed", "conclusion": "success"} for n, name in enumerate(("test", "e2e"))
]
ANSWERS = {
    "/api/conversations": {"open": 3},
    "/-/healthy": {"status": "ok"},
    f"{COMMIT}/check-runs": {"total_count": len(RUNS), "check_runs": RUNS},
    f"{COMMIT}/status": {"total_count": 0, "statuses": []},
}


class Providers(BaseHTTPRequestHandler):
    """All of them, under one address."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """What they say."""
        path = self.path.partition("?")[0]
        content = json.dumps(ANSWERS.get(path, {})).encode()
        self.send_response(200 if path in ANSWERS else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    request_queue_size = 128


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Stand in for Chatwoot, GitHub and the monitoring.")
    parser.add_argument("--port", type=int, required=True)
    Server(("127.0.0.1", parser.parse_args().port), Providers).serve_forever()
