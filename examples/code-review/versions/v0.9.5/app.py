"""The platform before version 1: an instance whose context is full is started anew, which takes a moment."""

import time

from reviewlib import Fleet, Instance, main


def start_anew(instance: Instance) -> None:
    """Start the instance anew, with an empty context."""
    time.sleep(0.1)
    instance.context.clear()


fleet = Fleet(start_anew)

if __name__ == "__main__":
    main("v0.9.5", fleet)
