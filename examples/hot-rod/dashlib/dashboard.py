"""Owns the routes of the dashboard: tiles, and approvals, in which a person decides what a machine proposes."""

from __future__ import annotations

import html
import os
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from dashlib import tiles
from dashlib.store import Store

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">
<title>Hot Rod operations</title></head><body><h1>Hot Rod operations</h1><main>{tiles}</main>
<details><summary>Approvals</summary><form method="post" action="/approvals"><label for="title">What for</label>
<input id="title" name="title"><button>Ask for it</button></form><ul>{approvals}</ul></details></body></html>"""

Number = Callable[[Store], int]


class Dashboard:
    """One version. `number` says which number the next approval gets, where the database does not choose it."""

    def __init__(self, version: str, says_who_decided: bool = False, number: Number | None = None) -> None:
        self.version = version
        self._says_who_decided = says_who_decided
        self._number = number
        self._one_at_a_time = threading.Lock()
        self._store = Store(os.environ["DASHBOARD_DATABASE"])

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Return the status and the answer to one request: a text is a page or where to go, anything else is JSON."""
        match method, path.strip("/").split("/"):
            case "GET", [""]:
                return HTTPStatus.OK, self._page()
            case "GET", ["health"]:
                return HTTPStatus.OK, {"status": "ok", "version": self.version}
            case "GET", ["api", "health"]:
                broken = [name for name, value in tiles.shown(self._store).items() if value is None]
                return HTTPStatus.OK, {"broken": len(broken), "tiles": broken}
            case "GET", ["api", "tiles"]:
                return HTTPStatus.OK, tiles.shown(self._store)
            case "GET", ["api", "inventory"]:
                return HTTPStatus.OK, tiles.to_order(self._store)
            case "GET", ["api", "approvals"]:
                return HTTPStatus.OK, self._latest()
            case "POST", ["approvals"]:
                self._ask(body)
                return HTTPStatus.SEE_OTHER, "/"
            case "POST", ["api", "approvals"] if body.get("title"):
                return HTTPStatus.CREATED, self._ask(body)
            case "POST", ["api", "approvals", number, ("approved" | "rejected") as decision] if number.isdecimal():
                return self._decide(int(number), decision, str(body.get("by", "somebody")))
        return HTTPStatus.NOT_FOUND, {"error": "there is no such route"}

    def _page(self) -> str:
        parts = [f"<section><h2>{name}</h2>{value}</section>" for name, value in tiles.shown(self._store).items()]
        waiting = [f"<li>{html.escape(each['title'])}</li>" for each in self._latest()]
        return PAGE.format(tiles="".join(parts), approvals="".join(waiting))

    def _latest(self) -> list[dict[str, Any]]:
        return self._store.rows("select number, title, state from approvals order by number desc limit 10")

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """Keep an approval that is open. Whoever gets its number can rely on it."""
        title, reference = str(body.get("title", "")), body.get("reference")
        sql = "insert into approvals (number, title, state, reference) values (?, ?, 'open', ?)"
        with self._one_at_a_time:
            number = self._number(self._store) if self._number else None
            return {"number": self._store.change(sql, number, title, reference), "state": "open"}

    def _decide(self, number: int, decision: str, by: str) -> tuple[int, Any]:
        if not self._store.number("select count(*) from approvals where number = ? and state = 'open'", number):
            return HTTPStatus.CONFLICT, {"error": "it is not open"}
        self._store.change("update approvals set state = ? where number = ?", decision, number)
        if self._says_who_decided:
            self._store.change("update approvals set decided_by = ? where number = ?", by, number)
        return HTTPStatus.OK, {"number": number, "state": decision}
