"""The tests of the chatbot: `python3 checks/suite.py v2`. Prints how many there are as JSON, and what failed before it.

The version runs on a scratch database, with the stand-in providers.
"""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
TABLE = """create table messages (number integer primary key, conversation text not null, role text not null,
           text text not null, at text not null, reference text, product text)"""


def ask(url: str, body: Any = None) -> tuple[int, str]:
    """Return status and text of an answer."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()


def tests(url: str) -> Iterator[tuple[str, bool]]:
    """Ask the chatbot everything that it must be able to do."""
    yield "the page is there", ask(f"{url}/")[0] == 200
    yield "it says that it is well", ask(f"{url}/health")[0] == 200
    found = json.loads(ask(f"{url}/api/health")[1])
    yield "it reaches its database", found["database"] == "ok"
    yield "it reaches OpenAI", found["openai"] == "ok"
    yield "it reaches Shopify", found["shopify"] == "ok"
    yield "products are listed", "Lamp" in ask(f"{url}/api/products")[1]
    status, said = ask(f"{url}/api/chat", {"text": "Do you have lamps?", "conversation": "a", "reference": "a-1"})
    yield "a question is answered", status == 201 and "lamps" in json.loads(said)["reply"]
    status, _ = ask(f"{url}/api/chat", {"text": "And chairs?", "conversation": "a", "reference": "a-2"})
    yield "a conversation goes on", status == 201
    yield "a question without a text is refused", ask(f"{url}/api/chat", {"words": "?"})[0] == 404
    yield "what is no JSON object is refused", ask(f"{url}/api/chat", ["?"])[0] == 400
    yield "there is nothing where nothing is", ask(f"{url}/api/nothing")[0] == 404
    yield "variables are not handed out", ask(f"{url}/.env")[0] == 404


@contextlib.contextmanager
def running(*words: str, port: int, **more: str) -> Iterator[str]:
    """Run a program until the block is left; yields its address once it listens."""
    environment = {**os.environ, **more, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, *words], env=environment, cwd=HERE)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(version: str) -> int:
    """Run every test of one version."""
    with contextlib.ExitStack() as stack:
        database = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "messages.db"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute(TABLE)
        provider = stack.enter_context(running("providers.py", "--port", str(port := free_port()), port=port))
        settings = {"OPENAI_URL": provider, "SHOPIFY_URL": provider, "CHAT_DATABASE": str(database)}
        settings |= {"OPENAI_API_KEY": "of-the-tests", "PYTHONPATH": str(HERE)}  # pragma: allowlist secret
        url = stack.enter_context(running(f"versions/{version}/app.py", port=free_port(), **settings))
        found = list(tests(url))
    failed = [what for what, passed in found if not passed]
    for what in failed:
        print(f"failed: {what}", file=sys.stderr)
    print(json.dumps({"passed": len(found) - len(failed), "all": len(found), "failed": len(failed)}))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
