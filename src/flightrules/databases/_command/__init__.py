"""The parts of the database adapter `command`."""
