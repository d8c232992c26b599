"""My SaaS Chat, version 1."""

from chatlib import serve

if __name__ == "__main__":
    serve("v1")
