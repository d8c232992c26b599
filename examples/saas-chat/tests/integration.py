"""What two services do together, over HTTP and with the database that the migrations made."""

import os
import unittest

from system import Client, running


class Together(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.client: Client = cls.enterClassContext(running(os.environ["VERSION"]))

    def test_accounts_and_gateway_a_token_lets_in(self) -> None:
        self.assertEqual(self.client.joined("iris").ask("GET", "/api/messages"), (200, []))

    def test_accounts_and_gateway_a_token_of_somebody_else_does_not(self) -> None:
        somebody = self.client.joined("ivan")
        somebody.token = somebody.token.replace("ivan", "iris")
        self.assertEqual(somebody.ask("GET", "/api/messages")[0], 401)

    def test_chat_and_ai_a_message_is_answered(self) -> None:
        self.assertEqual(self.client.ask("POST", "/api/messages", text="good day", reference="i-1")[0], 201)
        _, found = self.client.ask("GET", "/api/messages")
        self.assertIn("You said: good day", [each["answer"] for each in found])

    def test_chat_and_billing_whoever_pays_gets_the_better_model_from_then_on(self) -> None:
        somebody = self.client.joined("ines")
        before = somebody.ask("GET", "/api/summary")[1]["provider"]
        somebody.ask("POST", "/api/billing", tier="paid")
        self.assertEqual((before, somebody.ask("GET", "/api/summary")[1]["provider"]), ("edge", "large"))

    def test_what_a_service_refuses_reaches_the_user_with_its_reason(self) -> None:
        found = self.client.ask("POST", "/api/messages", text=" ", reference="i-2")
        self.assertEqual(found, (400, {"error": "say something"}))
