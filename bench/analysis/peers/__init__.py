"""Judges of other tools, written from what their documentation says they do, on the same traces as ours.

Each is a file that names the documentation and says where it was read in the peer's favour. None of their code is here.
"""
