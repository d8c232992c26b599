"""HAProxy from Debian in two parts: the peer of our router, and upstreams that are quicker than either."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.shop import Failed, end, free_port

BINARY = shutil.which("haproxy") or "/usr/sbin/haproxy"
STARTS_WITHIN = 10.0

DEFAULTS = """\
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
"""
UPSTREAM = """\
frontend {name}
  bind {address}
  http-request return status 200 content-type text/plain string "{name}" hdr x-shop-version {name}
"""
BALANCER = """\
frontend users
  bind {address}
  default_backend versions
backend versions
  option httpchk GET /health
{servers}
"""


def version() -> str:
    """Return the name and the version of the HAProxy that is installed. Raises `Failed` where there is none."""
    if not Path(BINARY).exists():
        raise Failed("haproxy is not installed; `make packages` installs it")
    said = subprocess.run([BINARY, "-v"], capture_output=True, text=True, check=True).stdout
    return " ".join(re.findall(r"^(HAProxy) version ([\d.]+)", said)[0])


@asynccontextmanager
async def upstreams(folder: Path, *names: str) -> AsyncIterator[dict[str, str]]:
    """Run servers that answer every request with their name; yields the address of each."""
    addresses = {name: f"127.0.0.1:{free_port()}" for name in names}
    parts = [UPSTREAM.format(name=name, address=address) for name, address in addresses.items()]
    async with _running(folder / "upstreams.cfg", [DEFAULTS, *parts], list(addresses.values())):
        yield addresses


@asynccontextmanager
async def balancer(folder: Path, shares: dict[str, int]) -> AsyncIterator[str]:
    """Run HAProxy in front of the servers at these addresses, each with its share; yields where it listens."""
    address = f"127.0.0.1:{free_port()}"
    servers = [f"  server s{n} {at} weight {share} check" for n, (at, share) in enumerate(shares.items(), 1)]
    parts = [DEFAULTS, BALANCER.format(address=address, servers="\n".join(servers))]
    async with _running(folder / "balancer.cfg", parts, [address]):
        yield address


@asynccontextmanager
async def _running(file: Path, parts: Sequence[str], addresses: Sequence[str]) -> AsyncIterator[None]:
    file.write_text("\n".join(parts))
    process = await asyncio.create_subprocess_exec(
        BINARY, "-f", str(file), start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for address in addresses:
            await listening(address)
        yield
    finally:
        await end(process)


async def listening(address: str) -> None:
    """Return once somebody takes connections at `address`. Raises `Failed` when nobody does."""
    host, port = address.rsplit(":", 1)
    for _ in range(round(STARTS_WITHIN / 0.05)):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        await asyncio.sleep(0.05)
    raise Failed(f"nobody listens on {address} after {STARTS_WITHIN:g} s")
