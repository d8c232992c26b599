"""What every version of the example chatbot is made of: the standard library alone."""

from chatlib.chatbot import Chatbot
from chatlib.serving import main

__all__ = ["Chatbot", "main"]
