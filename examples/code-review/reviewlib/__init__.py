"""What every version of the code review platform is made of. Only the standard library, so that any Python runs it."""

from reviewlib.fleet import Fleet, Instance
from reviewlib.service import main

__all__ = ["Fleet", "Instance", "main"]
