"""Databases, one adapter a file; the module's name is the `kind:` in the plan."""
