"""The flight simulator: a plan's real decisions on a virtual clock, against readings that were recorded or described.

Nothing here asks a source, moves traffic, or writes; what decides is the domain, the same as in a release.
"""
