"""Flight Rules: carries out a team's release plan, and takes a bad release back by itself."""

__version__ = "0.1.0"
