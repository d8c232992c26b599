"""Opens and closes incidents: `incident.py open 1 security "a token was stolen"`, `incident.py close 7`.

The plan reads them: an open security incident of severity 1 takes a release back.
"""

import os
import sqlite3
import sys


def main() -> None:
    """Write one row, and say its number."""
    with sqlite3.connect(f"file:{os.environ['REVIEW_DATABASE']}?mode=rw", uri=True, timeout=10) as database:
        match sys.argv[1:]:
            case ["open", severity, kind, what]:
                sql = "insert into incidents (severity, kind, what) values (?, ?, ?) returning number"
                (number,) = database.execute(sql, (int(severity), kind, what)).fetchone()
                print(f"incident {number} is open")
            case ["close", number]:
                database.execute("update incidents set closed = 1 where number = ?", (int(number),))
                print(f"incident {number} is closed")
            case _:
                sys.exit(__doc__)


if __name__ == "__main__":
    main()
