"""What every version of the example shop is made of. Only the standard library, so that any Python runs it."""

from shoplib.serving import main
from shoplib.shop import Shop
from shoplib.web import Answer, Request, html, json_answer

__all__ = ["Answer", "Request", "Shop", "html", "json_answer", "main"]
