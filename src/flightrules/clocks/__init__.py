"""The only place where the time of day is read and where anything waits."""
