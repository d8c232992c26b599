"""The chatbot, version 1: it answers questions."""

from chatlib import Chatbot, main

bot = Chatbot("v1", remembers=6)

if __name__ == "__main__":
    main(bot)
