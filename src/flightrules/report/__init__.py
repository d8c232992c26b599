"""The report of a release: what happened and what decided it, as Markdown and as one HTML file."""
