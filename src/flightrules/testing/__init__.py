"""Shipped for tests, ours and those of third-party adapters: fakes, a fake clock, contract suites."""
