"""How long the ways of users take for one user alone: the median of some tries, in seconds, below a limit each."""

import os
import statistics
import time
import unittest
from collections.abc import Callable

from system import Client, running

TRIES = 3


def median(do: Callable[[int], object]) -> float:
    taken = []
    for number in range(TRIES):
        begun = time.perf_counter()
        do(number)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


class Quick(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.client: Client = cls.enterClassContext(running(os.environ["VERSION"]))
        cls.somebody = cls.client.joined("bench")

    def test_the_page(self) -> None:
        self.assertLess(median(lambda _: self.client.ask("GET", "/")), 0.2)

    def test_logging_in(self) -> None:
        self.assertLess(median(lambda number: self.client.joined(f"bench-{number}")), 0.8)

    def test_reading(self) -> None:
        self.assertLess(median(lambda _: self.somebody.ask("GET", "/api/messages")), 0.4)

    def test_an_answer(self) -> None:
        send = self.somebody.ask
        self.assertLess(median(lambda number: send("POST", "/api/messages", text="tea", reference=f"b-{number}")), 2.5)

    def test_a_summary(self) -> None:
        self.assertLess(median(lambda _: self.somebody.ask("GET", "/api/summary")), 2.5)

    def test_billing(self) -> None:
        self.assertLess(median(lambda _: self.somebody.ask("POST", "/api/billing", tier="paid")), 0.4)
