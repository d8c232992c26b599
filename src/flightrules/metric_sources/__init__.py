"""Where numbers come from: one adapter a file, named as the plan names it in `from:`."""
