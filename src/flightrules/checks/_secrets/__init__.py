"""What the check `secrets` is made of: one scan, in a process of its own."""
