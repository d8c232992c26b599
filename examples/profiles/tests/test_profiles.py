"""The tests of the site, of the version that VERSION names. `scripts/qa.py` runs them."""

import os
import runpy
import sqlite3
import tempfile
import unittest
from pathlib import Path

from profilelib import Store
from profilelib.store import MOST_CONNECTIONS, AllTaken, Connections

APP = Path(__file__).parents[1] / "versions" / os.environ.get("VERSION", "v1.1.0") / "app.py"


class Profiles(unittest.TestCase):
    """Profiles of this version, in a database of their own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = str(Path(folder.name) / "profiles.db")
        with sqlite3.connect(path) as database:
            database.execute("create table profiles (handle text primary key, name text, headline text)")
        os.environ["PROFILE_DATABASE"] = path
        self.store: Store = runpy.run_path(str(APP))["store"]

    def test_a_profile_that_was_saved_can_be_read(self) -> None:
        self.store.save("anna", {"name": "Anna Berg"})
        self.assertEqual(self.store.name_of("anna"), "Anna Berg")

    def test_nobody_has_a_handle_that_was_never_saved(self) -> None:
        self.assertIsNone(self.store.name_of("nobody"))

    def test_who_is_renamed_is_read_by_the_new_name(self) -> None:
        self.store.save("anna", {"name": "Anna Berg"})
        self.store.name_of("anna")
        self.store.save("anna", {"name": "Anna Tal"})
        self.assertEqual(self.store.name_of("anna"), "Anna Tal")

    def test_what_was_read_once_comes_from_the_cache(self) -> None:
        for _ in range(10):
            self.store.name_of("anna")
        self.assertEqual((self.store.reads, self.store.hits), (10, 9))

    def test_the_database_answers(self) -> None:
        self.assertTrue(self.store.answers())

    def test_without_a_free_connection_nothing_is_saved(self) -> None:
        connections = Connections(os.environ["PROFILE_DATABASE"])
        taken = [connections.take() for _ in range(MOST_CONNECTIONS)]
        with self.assertRaises(AllTaken):
            Store(connections, connections.give_back).save("anna", {"name": "Anna Berg"})
        for connection in taken:
            connection.close()
