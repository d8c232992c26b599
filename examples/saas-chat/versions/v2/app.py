"""My SaaS Chat, version 2: what was said can be searched by meaning."""

from chatlib import SERVICES, gateway, search, serve

if __name__ == "__main__":
    serve("v2", {**SERVICES, "chat": search.make, "gateway": gateway.with_search})
