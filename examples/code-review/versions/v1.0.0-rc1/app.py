"""Version 1, first candidate: a repaired instance learns anew what it had reviewed, so that it forgets nothing.

Its defect is one that only full load shows. To learn takes four seconds, every repair works, and one of six instances
that is away is not missed. But under all of the traffic they wear out faster than they come back: the last one goes,
and reviews are refused, although the healing says of itself that it never fails.
"""

import time

from reviewlib import Fleet, Instance, main

LEARNS = 0.27
"""Seconds that one review takes to be learned."""


def learn_anew(instance: Instance) -> None:
    """Start the instance anew, and let it learn every review that it had."""
    for _ in instance.context:
        time.sleep(LEARNS)
    instance.context.clear()


fleet = Fleet(learn_anew)

if __name__ == "__main__":
    main("v1.0.0-rc1", fleet)
