"""The comparison of two versions by their counts, measured on simulated traffic beside peers and a theoretical limit.

`traffic` draws counts, `situations` says of what; `peers` and `oracle` judge the same traces as `ours`; `measuring`
runs all of them and `targets` holds the results against what must be reached. Everything is repeatable: the seed of a
trace follows from its situation.
"""
