"""Developers who push code all the time: `pushes.py 127.0.0.1:8421 40` sends 40 requests a second until it is ended."""

import http.client
import itertools
import json
import queue
import sys
import threading
import time

WORKERS = 16
DEVELOPERS = 200


def developer(address: str, due: "queue.Queue[int]", cookies: dict[int, str], series: str) -> None:
    """Send what is due: four reviews, then a word of thanks, each by the developer whose turn it is."""
    while True:
        number = due.get()
        who = number * 7919 % DEVELOPERS
        path, body = "/api/reviews", {"code": "try:\n    x()\nexcept:\n    pass\n", "reference": f"{series}-{number}"}
        if number % 5 == 4:
            path, body = "/api/feedback", {"stars": 5}
        connection = http.client.HTTPConnection(address, timeout=10)
        try:
            connection.request("POST", path, json.dumps(body), {"Cookie": cookies.get(who, "")})
            answer = connection.getresponse()
            answer.read()
            cookies[who] = (answer.getheader("Set-Cookie") or cookies.get(who, "")).partition(";")[0]
        except (OSError, http.client.HTTPException):
            pass  # nobody is there yet, or any more; the next one may have more luck
        finally:
            connection.close()


def main() -> None:
    """Hand out requests at a constant rate, whether or not the platform keeps up."""
    address, per_second = sys.argv[1], float(sys.argv[2])
    due: queue.Queue[int] = queue.Queue(1000)
    cookies: dict[int, str] = {}
    series = f"p{time.time_ns():x}"
    for _ in range(WORKERS):
        threading.Thread(target=developer, args=(address, due, cookies, series), daemon=True).start()
    began = time.monotonic()
    for number in itertools.count():
        if per_second <= 0:
            time.sleep(3600)
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        due.put(number)


if __name__ == "__main__":
    main()
