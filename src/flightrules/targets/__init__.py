"""Where versions run: one adapter a file, named as the plan names it in `kind:`."""
