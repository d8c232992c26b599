"""The parts of the database adapter `sqlite`."""
