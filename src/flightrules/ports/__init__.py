"""What the release needs from the outside world: one small Protocol a file."""
