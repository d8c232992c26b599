"""The tests of the platform, of the version that VERSION names. `scripts/tests.py` runs them."""

import importlib.util
import os
import sqlite3
import tempfile
import time
import unittest
from pathlib import Path
from types import ModuleType

from reviewlib.findings import review
from reviewlib.fleet import INSTANCES, LASTS, Fleet, NobodyLeft
from reviewlib.store import Store

FOLDER = Path(__file__).parents[1]


def app(version: str) -> ModuleType:
    """Return the module of a version."""
    spec = importlib.util.spec_from_file_location("app", FOLDER / "versions" / version / "app.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Findings(unittest.TestCase):
    """What a review finds."""

    def test_code_that_is_well_has_no_finding(self) -> None:
        self.assertEqual(review("x = 1\n"), [])

    def test_each_kind_of_mistake_is_found_where_it_is(self) -> None:
        code = "password = 'hunter22'\ntry:\n    eval('1')\nexcept:\n    pass\n"
        self.assertEqual([found.split(":")[0] for found in review(code)], ["line 1", "line 3", "line 4"])

    def test_code_that_does_not_parse_is_a_finding(self) -> None:
        self.assertEqual(review("def ("), ["line 1: this does not parse"])


class Healing(unittest.TestCase):
    """The AI instances and their monitor."""

    def test_without_a_monitor_they_wear_out_one_after_the_other(self) -> None:
        fleet = Fleet(lambda instance: None)
        for _ in range(INSTANCES * LASTS):
            fleet.review("x = 1")
        with self.assertRaises(NobodyLeft):
            fleet.review("x = 1")

    def test_the_monitor_of_this_version_repairs_a_worn_out_instance(self) -> None:
        fleet = app(os.environ.get("VERSION", "v1.0.0")).fleet
        fleet.monitor.start()
        for _ in range(LASTS):
            fleet.review("x = 1")
        give_up = time.monotonic() + 20
        while not fleet.state()["repairs"] and time.monotonic() < give_up:
            time.sleep(0.02)
        self.assertEqual((fleet.state()["usable"], fleet.state()["success"]), (INSTANCES, 100))

    def test_a_repair_that_changes_nothing_is_counted_as_one_that_did_not_work(self) -> None:
        fleet = Fleet(lambda instance: None)
        for _ in range(LASTS):
            fleet.review("x = 1")
        fleet.instances[0].in_repair = True
        fleet._mend(fleet.instances[0])
        self.assertEqual(fleet.state()["success"], 0)


class Reviews(unittest.TestCase):
    """What is kept of a review."""

    def test_a_review_is_kept_with_its_findings(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "reviews.db")
            tables = "create table reviews (number integer primary key, version, reference, findings)"
            with sqlite3.connect(path) as database:
                database.execute(tables)
            store = Store(path)
            self.assertTrue(store.is_there())
            self.assertEqual(store.add_review("v1", "a-1", ["line 1: x"]), 1)
            self.assertEqual(store.reviews(), [{"number": 1, "reference": "a-1", "findings": ["line 1: x"]}])


if __name__ == "__main__":
    unittest.main()
