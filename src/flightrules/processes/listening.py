"""Who listens on an address of this machine. It only looks: what it binds for a moment, it lets go at once."""

from __future__ import annotations

import errno
import socket


def occupant(host: str, port: int) -> str | None:
    """Return who listens on `host` (an IP address) and `port`, as `nginx (process 4711)`; None where nobody does.

    None also where this user may not listen there at all: that is for whoever does to find.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # an address that was just left is free
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return _named(port) if error.errno == errno.EADDRINUSE else None
    return None


def _named(port: int) -> str:
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            here = connection.laddr.port if connection.laddr else None
            if here == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another process"
