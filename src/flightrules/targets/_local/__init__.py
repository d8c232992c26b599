"""The parts of the target `local`, private to it."""
