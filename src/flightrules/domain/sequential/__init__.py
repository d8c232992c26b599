"""Judging a candidate by its counts, at every look, with a guarantee that looking often does not spoil.

Each test here keeps an e-process E: a number that starts at 1, is never negative, and under the test's null
hypothesis is not expected to grow, whatever was seen before. So P(E ever reaches 1/alpha) <= alpha (Ville 1939),
at every look together and however long the release lasts. `comparison` puts the tests together; the others are
one idea a file. Pure arithmetic: no clock, no input or output, numpy only. Nothing here acts on a release.
"""
