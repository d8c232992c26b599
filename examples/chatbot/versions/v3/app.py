"""The chatbot, version 3: it remembers everything that was said.

Its defect: the model takes conversations of a certain length and no longer ones. No test talks that long; people do,
hours after the deployment, and from then on they get no answer any more.
"""

from chatlib import Chatbot, main

bot = Chatbot("v3", remembers=None, suggests=True)

if __name__ == "__main__":
    main(bot)
