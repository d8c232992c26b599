"""My SaaS Chat, version 4: customers who pay become business customers. Its defect is in its migration."""

from chatlib import SERVICES, gateway, search, serve

if __name__ == "__main__":
    serve("v4-tiers", {**SERVICES, "chat": search.make, "gateway": gateway.with_search})
