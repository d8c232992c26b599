"""The headings of the runbook."""
