"""An application that stores numbered orders, and says so only when its database has them.

It keeps one connection to its database open, as applications do, and makes a new one when that is lost. ORDERS is the
address of the database: a file of SQLite, or what psycopg understands.
"""

import os
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ORDERS = os.environ["ORDERS"]
IS_POSTGRES = ORDERS.startswith("postgresql://")
INSERT = "insert into orders (number, text) values ({0}, {0})"


class Store:
    """One connection, and whoever needs it waits for it."""

    def __init__(self):
        self._lock = threading.Lock()
        self._connection = None

    def add(self, number):
        """Store an order; where the connection is gone, over a new one. Raises what the database says."""
        with self._lock:
            try:
                self._add(number)
            except lost():
                self._connection = None
                self._add(number)

    def _add(self, number):
        if self._connection is None:
            self._connection = connect()
        self._connection.execute(INSERT.format("%s" if IS_POSTGRES else "?"), (number, f"order {number}"))


def connect():
    """Connect so that every statement is a transaction of its own."""
    if not IS_POSTGRES:
        connection = sqlite3.connect(ORDERS, isolation_level=None, timeout=3, check_same_thread=False)
        connection.execute("pragma synchronous = normal")
        return connection
    import psycopg

    return psycopg.connect(ORDERS, autocommit=True, connect_timeout=3)


def refused():
    """Return what is raised when an order cannot be stored."""
    if not IS_POSTGRES:
        return (sqlite3.Error,)
    import psycopg

    return (psycopg.Error,)


def lost():
    """Return what is raised when a connection is gone."""
    if not IS_POSTGRES:
        return ()
    import psycopg

    return (psycopg.OperationalError, psycopg.InterfaceError)


class Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store = Store()

    def do_GET(self):
        self._answer(200)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            self.store.add(int(self.path.rpartition("/")[2]))
        except refused() as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self._answer(503)
        else:
            self._answer(201)

    def _answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *said):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Orders).serve_forever()
