"""The dashboard, version 3: decided approvals are tidied away, and new ones are numbered without gaps.

Its defect: it counts the approvals to number the next one, but those that stayed have kept their numbers. All goes well
until it comes to the first of these; from then on nobody can ask for anything any more.
"""

from dashlib import Dashboard, main
from dashlib.store import Store


def next_number(store: Store) -> int:
    """Return one more than there are."""
    return store.number("select count(*) from approvals") + 1


dashboard = Dashboard("v3", says_who_decided=True, number=next_number)

if __name__ == "__main__":
    main(dashboard)
