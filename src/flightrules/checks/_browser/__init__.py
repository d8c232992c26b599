"""What the check `browser` is made of: one visit to a page, in a process of its own, and what it measures there."""
