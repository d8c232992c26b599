"""Phases are tried in the same worlds as whole releases."""

from tests.release.conftest import scenario

__all__ = ["scenario"]
