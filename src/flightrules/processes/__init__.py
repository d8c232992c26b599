"""Keeping processes running when `flight` itself ends."""
