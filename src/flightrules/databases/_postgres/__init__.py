"""The parts of the database adapter `postgres`."""
