"""Whether the address of a database means what whoever wrote it means: a password has its special characters encoded.

A raw `@` or `/` in a password moves the rest of it into the name of the host or of the database. Whatever is done with
such an address fails in words that hold a part of the password; so nothing is done with it.
"""

from __future__ import annotations

import re

WHY = "a character of its user or password means something else in an address"
ENCODE = "percent-encode it: %20 for a space, %40 for @, %2F for /, %3F for ?, %23 for #, %25 for %"

_URL = re.compile(r"\w+://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_NOT_ENCODED = re.compile(r"\s|@|%(?![0-9A-Fa-f]{2})")


def is_misread(address: str) -> bool:
    """Return whether the user or the password in `address`, a URL, has a character in it that ends it too early."""
    url = _URL.fullmatch(address.strip())
    if url is None:  # keywords and values, as libpq has them too
        return False
    user, at, _ = url["authority"].rpartition("@")
    if at and _NOT_ENCODED.search(user):
        return True
    return _is_cut(url["authority"], url["rest"])


def _is_cut(authority: str, rest: str) -> bool:
    """Whether what stands before the first `/`, `?` or `#` was to go on behind it, until an `@`."""
    if rest.startswith("?"):  # a query may hold an `@`, but a port is a number
        _, colon, port = authority.rpartition(":")
        return "@" in rest and "@" not in authority and bool(colon) and not port.isdigit()
    return "@" in rest.partition("?")[0]
