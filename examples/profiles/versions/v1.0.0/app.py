"""The profile site, version 1.0.0."""

import os

from profilelib import Connections, Store, main

connections = Connections(os.environ.get("PROFILE_DATABASE", ""))
store = Store(connections, after_saving=connections.give_back)

if __name__ == "__main__":
    main("v1.0.0", store)
