"""From `Routes` to Envoy's route table, and back: the table carries the routes that it was made from.

The sticky cookie's value is `SALT.ID`. Without a cookie of this release, the request's own id decides and becomes
the cookie; with it, the cookie decides. Both are hashed as the same text, so that a user's first answer and all
later ones come from the same version. The candidate's share is the first stretch of the hash's range: a larger
share only adds users. One cookie name for all releases, so that a browser never collects them.
"""

from __future__ import annotations

import hashlib
import json

from flightrules.domain.traffic import Page, Routes, Share, Split
from flightrules.routers._envoy.clusters import serving_cluster
from flightrules.routers._envoy.settings import ROUTE_TABLE, Json, Settings, seconds

ROUTE_CONFIGURATION = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
PREVIOUS_PRIORITIES = (
    "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig"
)
PREVIOUS_HOSTS = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
COOKIE = "flight"
METADATA = "flight"
NOT_YET = Page(text="No version serves yet.\n", retry_after_seconds=5)


def route_table(settings: Settings, routes: Routes | None) -> Json:
    """Return the route table that carries out `routes`; None answers that no version serves yet."""
    found = [_page(NOT_YET)] if routes is None else _routes(settings, routes)
    longest = max((len(route["direct_response"]["body"]["inline_string"].encode())
                   for route in found if "direct_response" in route), default=0)  # fmt: skip
    return {
        "@type": ROUTE_CONFIGURATION,
        "name": ROUTE_TABLE,
        "max_direct_response_body_size_bytes": max(4096, longest),
        "virtual_hosts": [{"name": settings.service, "domains": ["*"], "routes": found}],
        "metadata": {"filter_metadata": {METADATA: {"routes": json.dumps(routes and to_json(routes))}}},
    }


def routes_of(table: Json) -> Routes | None:
    """Return the routes that `table`, as Envoy has it in force, was made from."""
    written = json.loads(table["metadata"]["filter_metadata"][METADATA]["routes"])
    return from_json(written) if written else None


def to_json(routes: Routes) -> Json:
    """Return `routes` as JSON-ready data."""
    return {
        "split": routes.split and {key: share.basis_points for key, share in routes.split.shares.items()},
        "endpoints": {key: list(addresses) for key, addresses in routes.endpoints.items()},
        "candidate": routes.candidate,
        "salt": routes.salt,
        "closed": routes.closed and vars(routes.closed),
        "names": dict(routes.names),
    }


def from_json(data: Json) -> Routes:
    """Rebuild what `to_json` wrote."""
    return Routes(
        split=data["split"] and Split({key: Share(points) for key, points in data["split"].items()}),
        endpoints={key: tuple(addresses) for key, addresses in data["endpoints"].items()},
        candidate=data["candidate"],
        salt=data["salt"],
        closed=data["closed"] and Page(**data["closed"]),
        names=data["names"],
    )


def _routes(settings: Settings, routes: Routes) -> list[Json]:
    if routes.closed is not None:
        return [_page(routes.closed)]
    pinned = _pinned(settings, routes) if settings.pin_header else []
    if routes.split is None:
        return [*pinned, _page(NOT_YET)]
    if settings.sticky and routes.candidate is not None:
        return [*pinned, *_sticky(settings, routes)]
    return [*pinned, _forward(_weights(routes))]


def _page(page: Page) -> Json:
    """Answer by ourselves, at once, whatever is asked."""
    kind = "text/html" if page.text.lstrip().startswith("<") else "text/plain"
    headers = {
        "content-type": f"{kind}; charset=utf-8",
        "retry-after": str(page.retry_after_seconds),
        "cache-control": "no-store",
    }
    return {
        "match": {"prefix": "/"},
        "direct_response": {"status": page.status, "body": {"inline_string": page.text}},
        "response_headers_to_add": [
            {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for name, value in headers.items()
        ],
    }


def _pinned(settings: Settings, routes: Routes) -> list[Json]:
    """Return a route for each way to name a running version; a name that two versions share names neither."""
    called = [name for key, name in routes.names.items() if routes.endpoints.get(key)]
    ways = [(key, key) for key in routes.endpoints]
    ways += [(name, key) for key, name in routes.names.items() if called.count(name) == 1 and name != key]
    return [
        _forward({"cluster": key}, headers=[{"name": settings.pin_header, "string_match": {"exact": way}}])
        for way, key in ways
        if routes.endpoints.get(key)
    ]


def _sticky(settings: Settings, routes: Routes) -> list[Json]:
    # Whatever a release is called, this is safe in a cookie and in a pattern.
    salt = hashlib.sha256(routes.salt.encode()).hexdigest()[:8]
    weights = _weights(routes)
    weights["weighted_clusters"]["use_hash_policy"] = True
    known = _forward(weights, headers=[{"name": "cookie", "string_match": {"contains": f"{COOKIE}={salt}."}}])
    known["route"]["hash_policy"] = [{"cookie": {"name": COOKIE}}]
    new = _forward(weights)
    new["route"]["hash_policy"] = [
        {
            "header": {
                "header_name": "x-request-id",
                "regex_rewrite": {"pattern": {"regex": "^(.*)$"}, "substitution": rf"{salt}.\1"},
            }
        }
    ]
    cookie = (
        f"{COOKIE}={salt}.%REQ(X-REQUEST-ID)%; Path=/; Max-Age={round(settings.sticky_for)}; HttpOnly; SameSite=Lax"
    )
    new["response_headers_to_add"] = [
        {"header": {"key": "set-cookie", "value": cookie}, "append_action": "APPEND_IF_EXISTS_OR_ADD"}
    ]
    return [known, new]


def _weights(routes: Routes) -> Json:
    """Return the shares, the candidate's first: its stretch of the range then only ever grows at its end."""
    assert routes.split is not None
    shares = sorted(routes.split.shares.items(), key=lambda item: item[0] != routes.candidate)
    weighted = [
        {"name": serving_cluster(routes, key), "weight": share.basis_points}
        for key, share in shares
        if share.basis_points > 0
    ]
    return {"weighted_clusters": {"clusters": weighted}}


def _forward(to: Json, headers: list[Json] | None = None) -> Json:
    return {
        "match": {"prefix": "/", **({"headers": headers} if headers else {})},
        "route": {**to, "timeout": seconds(0), "retry_policy": _retry()},
    }


def _retry() -> Json:
    """Try elsewhere only what no instance has begun to work on: an answer, also 5xx, is never asked for again."""
    return {
        "retry_on": "connect-failure,refused-stream,reset-before-request",
        "num_retries": 3,
        "retry_back_off": {"base_interval": "0.001s", "max_interval": "0.010s"},
        "retry_priority": {
            "name": "envoy.retry_priorities.previous_priorities",
            "typed_config": {"@type": PREVIOUS_PRIORITIES, "update_frequency": 1},
        },
        "retry_host_predicate": [
            {"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": PREVIOUS_HOSTS}}
        ],
        "host_selection_retry_max_attempts": 3,
    }
