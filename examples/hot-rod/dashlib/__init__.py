"""What every version of the example dashboard is made of: the standard library alone."""

from dashlib.dashboard import Dashboard
from dashlib.serving import main

__all__ = ["Dashboard", "main"]
