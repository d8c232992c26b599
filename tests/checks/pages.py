"""A small site for tests, in threads of its own: pages that are slow, unsteady or broken."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEAD = "<!doctype html><meta charset=utf-8><title>Shop</title><link rel=icon href=data:,>"
LATE = (
    f"{HEAD}<p>small</p><div id=late></div>"
    "<script>setTimeout(() => {{ late.innerHTML = '<h1 style=\"font-size:120px\">Everything must go</h1>' }}, {after})"
    "</script>"
)
SHIFTING = (
    f"{HEAD}<div id=ad></div><p style='height:400px;background:teal'>What one came for</p>"
    "<script>setTimeout(() => { ad.style.height = '300px' }, 300)</script>"
)
THROWING = f"{HEAD}<h1>Shop</h1><script src=/missing.js?key=abc></script><script>throw new Error('no basket')</script>"
BUYING = (
    f"{HEAD}<h1>Shop</h1><input id=card><button onclick=\"thanks.hidden = card.value != '4711'\">Buy</button>"
    "<p id=thanks hidden>Thank you</p>"
)
PAGES = {
    "/": f"{HEAD}<h1>Shop</h1>",
    "/late": LATE.format(after=700),
    "/later": LATE.format(after=2500),
    "/shifting": SHIFTING,
    "/throwing": THROWING,
    "/buying": BUYING,
    "/loading": f"{HEAD}<h1>Shop</h1><img src=/never>",
    "/busy": f"{HEAD}<h1>Shop</h1><script>while (true) {{}}</script>",
    "/restless": f"{HEAD}<h1>Shop</h1><script>setInterval(() => fetch('/'), 100)</script>",
}


@contextmanager
def site() -> Iterator[tuple[str, threading.Event]]:
    """Serve `PAGES`; yields the address, and an event that is set once somebody waits for `/never`."""
    waiting, over = threading.Event(), threading.Event()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/never":
                waiting.set()
                over.wait()
                return
            body = PAGES.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((body or "nothing here").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "http://{}:{}".format(*server.server_address[:2]), waiting
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
