"""Rules for all tests: those of one file that start real servers never run beside each other."""

import hypothesis
import pytest

# How long an example takes is for the benchmarks: on a machine that does other things too, it says nothing.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the slow tests of a file in one process; files, and quick tests, spread over all processes."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
