"""The chatbot, version 2: it suggests a product with each answer."""

from chatlib import Chatbot, main

bot = Chatbot("v2", remembers=6, suggests=True)

if __name__ == "__main__":
    main(bot)
