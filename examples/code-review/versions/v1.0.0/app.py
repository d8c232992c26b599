"""Version 1: an instance whose context is full forgets its oldest reviews; and no push is reviewed twice."""

from reviewlib import Fleet, Instance, main

KEEPS = 5


def forget(instance: Instance) -> None:
    """Drop all but the last reviews, so that it still knows what it just talked about."""
    del instance.context[:-KEEPS]


fleet = Fleet(forget)

if __name__ == "__main__":
    main("v1.0.0", fleet)
