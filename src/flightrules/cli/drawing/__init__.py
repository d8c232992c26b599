"""How a release is drawn in a terminal: a view in, lines out. Colour only repeats what a word says already."""
