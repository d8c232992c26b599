"""Owns who somebody is: registration, login, and what they pay for. Who has no token is a guest."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3

from chatlib.database import Pool
from chatlib.service import Refused, Request, Service

TIERS = ("free", "paid")
GUEST = {"name": "guest", "tier": "free"}


def make(version: str) -> Service:
    """Make the service."""
    service, pool = Service("accounts", version), Pool()

    def register(request: Request) -> tuple[int, object]:
        name, salt = request.text("name"), secrets.token_hex(8)
        with pool.connection() as database:
            try:
                row = (name, salt, _hashed(request.text("password"), salt), TIERS[0])
                database.execute("insert into users (name, salt, password, tier) values (?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise Refused(409, "that name is taken") from None
        return 201, {"name": name}

    def login(request: Request) -> tuple[int, object]:
        name = request.text("name")
        with pool.connection() as database:
            found = database.execute("select salt, password from users where name = ?", (name,)).fetchone()
        if not found or not hmac.compare_digest(_hashed(request.text("password"), found[0]), found[1]):
            raise Refused(401, "name or password is wrong")
        return 200, {"token": f"{name}.{_signature(name)}"}

    def who(request: Request) -> tuple[int, object]:
        token = request.text("token", "")
        if not token:
            return 200, GUEST
        name, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature, _signature(name)):
            raise Refused(401, "log in again")
        with pool.connection() as database:
            (tier,) = database.execute("select tier from users where name = ?", (name,)).fetchone()
        return 200, {"name": name, "tier": tier}

    def bill(request: Request) -> tuple[int, object]:
        name, tier = request.text("name"), request.text("tier")
        if tier not in TIERS:
            raise Refused(400, f"`tier` is one of {', '.join(TIERS)}")
        with pool.connection() as database:
            database.execute("update users set tier = ? where name = ?", (tier, name))
        return 200, {"name": name, "tier": tier}

    service.routes |= {"POST /register": register, "POST /login": login, "GET /who": who, "POST /billing": bill}
    return service


def _hashed(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()


def _signature(name: str) -> str:
    return hmac.new(os.environ["SESSION_SECRET"].encode(), name.encode(), "sha256").hexdigest()
