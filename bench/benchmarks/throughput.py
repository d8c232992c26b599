"""How many requests a second go through our router, beside HAProxy in front of the same servers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.effort import Effort
from bench.figures import median
from bench.haproxy import balancer, upstreams, version
from bench.plain_envoy import forwarding
from bench.router import split_traffic
from bench.rows import AtLeast, Row
from bench.shop import Failed
from bench.wrk import measured

TITLE = "requests a second through our router, beside HAProxy in front of the same servers"

ROUNDS = 7
CANDIDATE_PERCENT = 25


async def measure(effort: Effort) -> Sequence[Row]:
    """Load ours, HAProxy and Envoy by itself in turn, so that whatever else goes on meets all alike."""
    shares = {"v1": 100 - CANDIDATE_PERCENT, "v2": CANDIDATE_PERCENT}
    with TemporaryDirectory(prefix="flight-bench-") as name:
        folder = Path(name)
        async with (
            upstreams(folder, "v1", "v2") as servers,
            split_traffic(folder, servers) as ours,
            split_traffic(folder, servers, sticky=False) as plain,
            balancer(folder, {servers[each]: share for each, share in shares.items()}) as peer,
            forwarding(folder, {servers[each]: share for each, share in shares.items()}) as envoy,
        ):
            for each in (ours, plain):
                await each.give_candidate(CANDIDATE_PERCENT)
            addresses = {"ours": ours.address, "peer": peer, "plain": plain.address, "envoy": envoy}
            return judged(await _rounds(addresses, effort), version())


async def _rounds(addresses: dict[str, str], effort: Effort) -> list[dict[str, float]]:
    seconds = effort.seconds(6.0, 1.0)
    for address in addresses.values():
        await measured(f"http://{address}/", 1.0)
    return [
        {name: await _per_second(address, seconds) for name, address in addresses.items()}
        for _ in range(effort.times(ROUNDS))
    ]


async def _per_second(address: str, seconds: float) -> float:
    load = await measured(f"http://{address}/", seconds)
    if load.failed:
        raise Failed(
            f"{load.failed} of {load.requests} requests failed at {address}: what was measured is no throughput"
        )
    return load.per_second


def judged(rounds: Sequence[dict[str, float]], peer_is: str) -> list[Row]:
    """Return the rows for these rounds: in each, requests a second of `ours`, `plain`, `peer` and `envoy`."""
    typical = {name: median([each[name] for each in rounds]) for name in rounds[0]}
    ratios = {name: [each[name] / each["peer"] for each in rounds] for name in ("ours", "plain", "envoy")}
    of_envoy = median([each["ours"] / each["envoy"] for each in rounds])
    peer = f"{peer_is}: {typical['peer']:,.0f} requests/s"
    return [
        Row("our router ÷ HAProxy", median(ratios["ours"]), "", AtLeast(0.6), peer),
        Row("the same without sticky users", median(ratios["plain"]), "", None, peer),
        Row("Envoy that only forwards ÷ HAProxy", median(ratios["envoy"]), "", None, peer),
        Row("our router ÷ Envoy that only forwards", of_envoy, "", None, f"Envoy: {typical['envoy']:,.0f} requests/s"),
        Row("requests through our router", typical["ours"], "requests/s", None, peer),
        Row("worst round", min(ratios["ours"]), "", None, f"best {max(ratios['ours']):.2f}, of {len(rounds)} rounds"),
    ]
