import pytest

pytest.register_assert_rewrite("tests.stories.fixture", "tests.stories.world", "tests.stories.flights")

from tests.stories.fixture import given, then, when, world  # noqa: E402 (their assertions explain themselves)

__all__ = ["given", "then", "when", "world"]
