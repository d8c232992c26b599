"""Each service by itself, without HTTP between them."""

import json
import os
import sqlite3
import tempfile
import unittest
from pathlib import Path

from chatlib import accounts, ai, chat, gateway, search
from chatlib.service import Refused, Service

TABLES = """
create table users (name text primary key, salt text, password text, tier text);
create table messages (number integer primary key, name text, text text, answer text, reference text);
create table usage (number integer primary key, at integer, provider text, words integer, microdollars integer);
create table vectors (message integer primary key, vector text);
"""


class OneService(unittest.TestCase):
    """A service with an empty database; what it asks of others is answered here."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = str(Path(self.folder.name) / "chat.db")
        os.environ |= {"DATABASE": self.path, "SESSION_SECRET": "0" * 32}
        with sqlite3.connect(self.path) as database:
            database.executescript(TABLES)
        database.close()
        ai.PROVIDER_TAKES = 0.0

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        database = sqlite3.connect(self.path)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


def ask(service: Service, route: str, **fields: str) -> tuple[int, object]:
    method, _, path = route.partition(" ")
    return service.answer(method, path, json.dumps(fields).encode(), "")


class Accounts(OneService):
    def setUp(self) -> None:
        super().setUp()
        self.service = accounts.make("v")
        ask(self.service, "POST /register", name="anna", password="horse")  # pragma: allowlist secret

    def login(self, password: str) -> tuple[int, object]:
        return ask(self.service, "POST /login", name="anna", password=password)

    def test_a_name_is_given_once(self) -> None:
        status, _ = ask(self.service, "POST /register", name="anna", password="cow")  # pragma: allowlist secret
        self.assertEqual(status, 409)

    def test_no_password_lies_in_the_database(self) -> None:
        self.assertNotIn("horse", str(self.rows("select * from users")))

    def test_whoever_knows_the_password_is_let_in(self) -> None:
        self.assertEqual((self.login("horse")[0], self.login("cow")[0]), (200, 401))

    def test_a_token_says_who_it_is_and_what_they_pay_for(self) -> None:
        ask(self.service, "POST /billing", name="anna", tier="paid")
        _, said = self.login("horse")
        self.assertEqual(ask(self.service, "GET /who", **said), (200, {"name": "anna", "tier": "paid"}))

    def test_a_token_that_somebody_made_up_is_refused(self) -> None:
        self.assertEqual(ask(self.service, "GET /who", token="anna.0000")[0], 401)

    def test_without_a_token_one_is_a_guest(self) -> None:
        self.assertEqual(ask(self.service, "GET /who"), (200, accounts.GUEST))

    def test_only_what_is_sold_can_be_billed(self) -> None:
        self.assertEqual(ask(self.service, "POST /billing", name="anna", tier="gold")[0], 400)


class Ai(OneService):
    def test_who_pays_nothing_is_answered_by_the_provider_that_costs_little(self) -> None:
        found = {tier: ask(ai.make("v"), "POST /answer", text="hello", tier=tier)[1] for tier in ("free", "paid")}
        self.assertEqual({tier: said["provider"] for tier, said in found.items()}, {"free": "edge", "paid": "large"})

    def test_every_answer_is_counted_with_what_it_cost(self) -> None:
        ask(ai.make("v"), "POST /answer", text="one two three", tier="paid")
        self.assertEqual(self.rows("select provider, words, microdollars from usage"), [("large", 23, 690)])


class Chat(OneService):
    def setUp(self) -> None:
        super().setUp()
        chat.ask = lambda *_, **fields: {"text": f"about {fields['text']}"}
        self.anna = {"name": "anna", "tier": "free"}

    def test_a_message_is_kept_with_its_answer(self) -> None:
        service = chat.make("v")
        self.assertEqual(ask(service, "POST /messages", text="tea", reference="1", **self.anna)[0], 201)
        _, found = ask(service, "GET /messages", **self.anna)
        self.assertEqual(found, [{"number": 1, "text": "tea", "answer": "about tea"}])

    def test_nobody_reads_what_others_wrote(self) -> None:
        service = chat.make("v")
        ask(service, "POST /messages", text="tea", reference="1", **self.anna)
        self.assertEqual(ask(service, "GET /messages", name="otto"), (200, []))

    def test_nothing_is_kept_that_the_ai_did_not_answer(self) -> None:
        def fail(*_: object, **__: object) -> None:
            raise Refused(502, "the AI does not answer")

        chat.ask = fail
        self.assertEqual(ask(chat.make("v"), "POST /messages", text="tea", reference="1", **self.anna)[0], 502)
        self.assertEqual(self.rows("select * from messages"), [])

    def test_an_empty_message_is_refused(self) -> None:
        self.assertEqual(ask(chat.make("v"), "POST /messages", text=" ", reference="1", **self.anna)[0], 400)

    def test_a_summary_is_about_what_was_said_in_its_order(self) -> None:
        service = chat.make("v")
        for text in ("tea", "milk"):
            ask(service, "POST /messages", text=text, reference=text, **self.anna)
        self.assertEqual(ask(service, "GET /summary", **self.anna), (200, {"text": "about tea / milk"}))

    def test_the_nearest_message_is_found_first(self) -> None:
        service = search.make("v")
        for text in ("the cat is hungry", "it rains", "my cat"):
            ask(service, "POST /messages", text=text, reference=text, **self.anna)
        _, found = ask(service, "GET /search", words="cat my", **self.anna)
        self.assertEqual(found[0]["text"], "my cat")


class Gateway(unittest.TestCase):
    def setUp(self) -> None:
        self.asked: list[tuple[str, str]] = []

        def answer(service: str, _: str, path: str, **fields: str) -> dict[str, str]:
            self.asked.append((service, path))
            return {"name": "anna", "tier": "paid"}

        gateway.ask = answer

    def test_the_page_names_its_version(self) -> None:
        self.assertIn(b"v7", gateway.make("v7").answer("GET", "/", b"", "")[1])

    def test_who_it_is_is_asked_before_the_chat_is(self) -> None:
        self.assertEqual(ask(gateway.make("v"), "POST /api/messages", text="tea")[0], 201)
        self.assertEqual(self.asked, [("accounts", "/who"), ("chat", "/messages")])

    def test_only_the_second_version_can_search(self) -> None:
        found = [ask(make("v"), "GET /api/search")[0] for make in (gateway.make, gateway.with_search)]
        self.assertEqual(found, [404, 200])

    def test_what_is_no_json_is_refused(self) -> None:
        self.assertEqual(gateway.make("v").answer("POST", "/api/messages", b"{", "")[0], 400)
