"""The ways that users go: registration, login, chat, billing. Also the smoke tests after a release, with `CHAT_URL`."""

import contextlib
import os
import secrets
import unittest

from system import Client, running


class Ways(unittest.TestCase):
    """In one version that is started for it or, where `CHAT_URL` says so, in what is in service there."""

    @classmethod
    def setUpClass(cls) -> None:
        there = os.environ.get("CHAT_URL")
        cls.client = cls.enterClassContext(
            contextlib.nullcontext(Client(there)) if there else running(os.environ["VERSION"])
        )
        cls.mark = secrets.token_hex(4)

    def somebody(self, name: str) -> Client:
        return self.client.joined(f"smoke-{name}-{self.mark}")

    def test_a_guest_sees_the_page(self) -> None:
        status, page = self.client.ask("GET", "/")
        self.assertEqual((status, "My SaaS Chat" in page), (200, True))

    def test_registration_and_login(self) -> None:
        self.assertTrue(self.somebody("registers").token)

    def test_a_wrong_password(self) -> None:
        found = self.client.ask("POST", "/api/login", name=f"nobody-{self.mark}", password="wrong")
        self.assertEqual(found[0], 401)

    def test_chat(self) -> None:
        somebody = self.somebody("chats")
        for number in range(3):
            said = somebody.ask("POST", "/api/messages", text=f"line {number}", reference=f"{self.mark}-{number}")
            self.assertEqual(said[0], 201)
        _, found = somebody.ask("GET", "/api/messages")
        self.assertEqual([each["text"] for each in found], ["line 2", "line 1", "line 0"])

    def test_a_summary(self) -> None:
        somebody = self.somebody("summarises")
        somebody.ask("POST", "/api/messages", text="we need milk", reference=f"{self.mark}-milk")
        self.assertIn("milk", somebody.ask("GET", "/api/summary")[1]["text"])

    def test_billing(self) -> None:
        somebody = self.somebody("pays")
        self.assertEqual(somebody.ask("POST", "/api/billing", tier="paid")[1]["tier"], "paid")
        self.assertEqual(somebody.ask("POST", "/api/billing", tier="gold")[0], 400)

    def test_a_search_by_meaning(self) -> None:
        somebody = self.somebody("searches")
        for text in ("the cat sleeps", "tomorrow it rains"):
            somebody.ask("POST", "/api/messages", text=text, reference=f"{self.mark}-{text}")
        status, found = somebody.ask("GET", "/api/search?words=cat")
        if status == 404:
            self.skipTest("this version cannot search yet")
        self.assertEqual(found[0]["text"], "the cat sleeps")
