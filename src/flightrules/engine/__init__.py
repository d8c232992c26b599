"""Durable execution; the only package that imports dbos."""
