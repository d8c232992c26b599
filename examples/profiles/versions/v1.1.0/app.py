"""The profile site, version 1.1.0: a profile may have a headline."""

import os

from profilelib import Connections, Store, main

connections = Connections(os.environ.get("PROFILE_DATABASE", ""))
store = Store(connections, after_saving=connections.give_back, keeps=("name", "headline"))

if __name__ == "__main__":
    main("v1.1.0", store)
