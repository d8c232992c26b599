"""What every version of the profile site is made of. Only the standard library, so that any Python runs it."""

from profilelib.site import Site, main
from profilelib.store import Connections, Store

__all__ = ["Connections", "Site", "Store", "main"]
