"""Candidate and stable compared within a release: from looks to findings. The statistics are `sequential`'s."""
